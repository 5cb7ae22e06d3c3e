import { useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Upload } from 'antd';
import { type ReactNode, useState } from 'react';
import { createMaterial, describeMaterial, getMaterial } from '#contract/content';
import { ApiError, addressOf, call, reading } from '~/call';
import { useErrorText } from './error-notice';

export function materialAddress(id: number): string {
  return addressOf(getMaterial, { id });
}

export function useMaterial(id: number) {
  return useQuery({ ...reading(describeMaterial, { id }), enabled: id > 0, staleTime: Number.POSITIVE_INFINITY });
}

const accepted = { image: '.png,.jpg,.jpeg', video: '.mp4', file: '*' } as const;

interface Props {
  readonly kind: keyof typeof accepted;
  readonly onUploaded: (materialId: number) => void;
  readonly children: (isBusy: boolean) => ReactNode;
}

/** Chooses a file and uploads it at once; the server reads the kind from the content and may refuse it. */
export function MaterialUpload({ kind, onUploaded, children }: Props) {
  const queryClient = useQueryClient();
  const { message } = App.useApp();
  const errorText = useErrorText();
  const [isBusy, setBusy] = useState(false);

  async function upload(file: File) {
    setBusy(true);
    try {
      // The name is shown to the customer for files; WeCom refuses more than 100 characters.
      const material = await call(createMaterial, { name: file.name.slice(-100) }, { file });
      if (kind !== 'file' && material.kind !== kind) throw new ApiError('material_type_unsupported');
      queryClient.setQueryData(reading(describeMaterial, { id: material.id }).queryKey, material);
      onUploaded(material.id);
    } catch (error) {
      void message.error(errorText(error), 6);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Upload
      showUploadList={false}
      accept={accepted[kind]}
      disabled={isBusy}
      beforeUpload={(file) => {
        void upload(file);
        return false;
      }}
    >
      {children(isBusy)}
    </Upload>
  );
}
