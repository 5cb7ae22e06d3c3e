import {
  AppstoreOutlined,
  DeleteOutlined,
  DownOutlined,
  FileOutlined,
  FolderOpenOutlined,
  LinkOutlined,
  PictureOutlined,
  PlusOutlined,
  UpOutlined,
  VideoCameraOutlined,
} from '@ant-design/icons';
import { Button, Form, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Attachment } from '#contract/content';
import { Field, useProblem } from './draft';
import { MaterialPicker } from './material-picker';
import { MaterialUpload, materialAddress, useMaterial } from './materials';

const maxAttachments = 9;

const allKinds = ['image', 'video', 'file', 'link', 'mini_program'] as const;

const icons = {
  image: <PictureOutlined />,
  link: <LinkOutlined />,
  mini_program: <AppstoreOutlined />,
  file: <FileOutlined />,
  video: <VideoCameraOutlined />,
} as const;

/** Kinds of attachments in the order in which they are offered. */
type Kind = Attachment['kind'];

interface AttachmentsProps {
  readonly path: string;
  readonly value: readonly Attachment[];
  readonly onChange: (attachments: Attachment[]) => void;
  /** What may be attached; all kinds where nothing is said. */
  readonly kinds?: readonly Kind[];
  readonly hint: string;
}

/** Up to nine attachments, each its own bubble: uploaded here, or chosen among the materials. */
export function AttachmentsEditor({ path, value, onChange, kinds = allKinds, hint }: AttachmentsProps) {
  const { t } = useTranslation();
  const [isChoosing, setChoosing] = useState(false);
  const add = (attachment: Attachment) => onChange([...value, attachment]);
  const isFull = value.length >= maxAttachments;
  const problem = useProblem(path);
  const files = (['image', 'video', 'file'] as const).filter((kind) => kinds.includes(kind));

  function move(index: number, by: -1 | 1) {
    const moved = [...value];
    const [taken] = moved.splice(index, 1);
    if (taken) moved.splice(index + by, 0, taken);
    onChange(moved);
  }

  return (
    <Form.Item
      label={t('message.attachments', { n: value.length, max: maxAttachments })}
      validateStatus={problem === undefined ? '' : 'error'}
      help={problem}
    >
      {value.map((attachment, index) => (
        <div className="attachment" key={index}>
          <div className="attachment-head">
            <span className="attachment-kind">
              {icons[attachment.kind]} {t(`attachment.${attachment.kind}`)}
            </span>
            <span>
              <Button
                type="text"
                size="small"
                icon={<UpOutlined />}
                disabled={index === 0}
                aria-label={t('message.moveUp')}
                onClick={() => move(index, -1)}
              />
              <Button
                type="text"
                size="small"
                icon={<DownOutlined />}
                disabled={index === value.length - 1}
                aria-label={t('message.moveDown')}
                onClick={() => move(index, 1)}
              />
              <Button
                type="text"
                size="small"
                danger
                icon={<DeleteOutlined />}
                aria-label={t('common.remove')}
                onClick={() => onChange(value.filter((_, place) => place !== index))}
              />
            </span>
          </div>
          <AttachmentFields
            path={`${path}.${index}`}
            value={attachment}
            onChange={(changed) => onChange(value.map((other, place) => (place === index ? changed : other)))}
          />
        </div>
      ))}
      <div className="attachment-add">
        {files.map((kind) => (
          <MaterialUpload key={kind} kind={kind} onUploaded={(materialId) => add({ kind, materialId })}>
            {(isBusy) => (
              <Button icon={icons[kind]} loading={isBusy} disabled={isFull}>
                {t(`attachment.${kind}`)}
              </Button>
            )}
          </MaterialUpload>
        ))}
        {kinds.includes('link') && (
          <Button
            icon={icons.link}
            disabled={isFull}
            onClick={() => add({ kind: 'link', title: '', description: '', url: '' })}
          >
            {t('attachment.link')}
          </Button>
        )}
        {kinds.includes('mini_program') && (
          <Button
            icon={icons.mini_program}
            disabled={isFull}
            onClick={() => add({ kind: 'mini_program', title: '', appid: '', page: '', materialId: 0 })}
          >
            {t('attachment.mini_program')}
          </Button>
        )}
        <Button icon={<FolderOpenOutlined />} disabled={isFull} onClick={() => setChoosing(true)}>
          {t('material.choose')}
        </Button>
      </div>
      <div className="field-hint">{hint}</div>
      {isChoosing && (
        <MaterialPicker
          kinds={files}
          onClose={() => setChoosing(false)}
          onChoose={(material) => {
            setChoosing(false);
            add({ kind: material.kind, materialId: material.id });
          }}
        />
      )}
    </Form.Item>
  );
}

interface FieldsProps<A extends Attachment> {
  readonly path: string;
  readonly value: A;
  readonly onChange: (attachment: A) => void;
}

function AttachmentFields({ path, value, onChange }: FieldsProps<Attachment>) {
  switch (value.kind) {
    case 'image':
    case 'file':
    case 'video':
      return <UploadedFile materialId={value.materialId} isImage={value.kind === 'image'} />;
    case 'link':
      return <LinkFields path={path} value={value} onChange={onChange} />;
    case 'mini_program':
      return <MiniProgramFields path={path} value={value} onChange={onChange} />;
  }
}

function UploadedFile({ materialId, isImage }: { materialId: number; isImage: boolean }) {
  const { data } = useMaterial(materialId);
  return (
    <div className="uploaded-file">
      {isImage && <img src={materialAddress(materialId)} alt="" />}
      <span>{data?.name ?? `#${materialId}`}</span>
    </div>
  );
}

function LinkFields({ path, value, onChange }: FieldsProps<Extract<Attachment, { kind: 'link' }>>) {
  const { t } = useTranslation();
  return (
    <div className="attachment-fields">
      <Field label={t('attachment.title')} path={`${path}.title`}>
        <Input
          value={value.title}
          maxLength={60}
          onChange={(event) => onChange({ ...value, title: event.target.value })}
        />
      </Field>
      <Field label={t('attachment.url')} path={`${path}.url`}>
        <Input
          value={value.url}
          placeholder="https://"
          onChange={(event) => onChange({ ...value, url: event.target.value.trim() })}
        />
      </Field>
      <Field label={t('attachment.description')} path={`${path}.description`} isOptional>
        <Input
          value={value.description}
          maxLength={150}
          onChange={(event) => onChange({ ...value, description: event.target.value })}
        />
      </Field>
      <Field label={t('attachment.imageUrl')} path={`${path}.imageUrl`} isOptional>
        <Input
          value={value.imageUrl ?? ''}
          placeholder="https://"
          onChange={(event) => {
            const { imageUrl: _, ...rest } = value;
            const imageUrl = event.target.value.trim();
            onChange(imageUrl === '' ? rest : { ...rest, imageUrl });
          }}
        />
      </Field>
    </div>
  );
}

function MiniProgramFields({ path, value, onChange }: FieldsProps<Extract<Attachment, { kind: 'mini_program' }>>) {
  const { t } = useTranslation();
  return (
    <div className="attachment-fields">
      <Field label={t('attachment.title')} path={`${path}.title`}>
        <Input
          value={value.title}
          maxLength={20}
          onChange={(event) => onChange({ ...value, title: event.target.value })}
        />
      </Field>
      <Field label="AppID" path={`${path}.appid`}>
        <Input
          value={value.appid}
          placeholder="wx…"
          onChange={(event) => onChange({ ...value, appid: event.target.value.trim() })}
        />
      </Field>
      <Field label={t('attachment.page')} path={`${path}.page`}>
        <Input
          value={value.page}
          placeholder="pages/index"
          onChange={(event) => onChange({ ...value, page: event.target.value })}
        />
      </Field>
      <Field label={t('attachment.cover')} path={`${path}.materialId`} hint={t('attachment.coverHint')}>
        <CoverPicture materialId={value.materialId} onChange={(materialId) => onChange({ ...value, materialId })} />
      </Field>
    </div>
  );
}

function CoverPicture({ materialId, onChange }: { materialId: number; onChange: (materialId: number) => void }) {
  const { t } = useTranslation();
  return (
    <MaterialUpload kind="image" onUploaded={onChange}>
      {(isBusy) =>
        materialId > 0 ? (
          <button type="button" className="cover-picture" aria-label={t('attachment.changeCover')}>
            <img src={materialAddress(materialId)} alt="" />
          </button>
        ) : (
          <Button icon={<PlusOutlined />} loading={isBusy}>
            {t('attachment.uploadCover')}
          </Button>
        )
      }
    </MaterialUpload>
  );
}
