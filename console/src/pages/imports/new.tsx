import { CalendarOutlined, InboxOutlined, ShoppingOutlined, TagsOutlined, TeamOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Alert, Spin, Upload } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { importKind, maxImportBytes, uploadImport } from '#contract/imports';
import { ApiError, call } from '~/call';
import { useErrorText } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { useFormat } from '~/format';
import { textOr } from '~/i18n/index';

const page = getRouteApi('/inside/imports/new');

const icons = {
  orders: <ShoppingOutlined />,
  customers: <TeamOutlined />,
  events: <CalendarOutlined />,
  tags: <TagsOutlined />,
} as const;

export default function NewImportPage(): ReactNode {
  const { t } = useTranslation();
  const format = useFormat();
  const navigate = useNavigate();
  const errorText = useErrorText();
  const { kind: wanted } = page.useSearch();
  const [kind, setKind] = useState(wanted ?? 'orders');
  const uploading = useMutation({
    mutationFn: (file: File) => call(uploadImport, { kind, name: file.name.slice(0, 200) }, { file }),
    onSuccess: (run) => void navigate({ to: '/imports/$id', params: { id: String(run.id) } }),
  });
  const { error } = uploading;
  const reason =
    error instanceof ApiError && error.code === 'import_file_unreadable' ? String(error.details.reason) : '';

  return (
    <div className="page">
      <PageHeader title={t('imports.new')} subtitle={t('imports.subtitle')} backTo="/imports" />
      <div className="stack-large">
        <Panel title={t('imports.kindTitle')}>
          <fieldset className="plain-fieldset kind-choices" disabled={uploading.isPending}>
            {importKind.options.map((option) => (
              <label key={option} className={option === kind ? 'kind-choice kind-chosen' : 'kind-choice'}>
                <input type="radio" name="kind" checked={option === kind} onChange={() => setKind(option)} />
                <span className="kind-icon" aria-hidden>
                  {icons[option]}
                </span>
                <span>
                  <strong>{t(`imports.kind.${option}`)}</strong>
                  <span className="field-hint">{t(`imports.kindHint.${option}`)}</span>
                </span>
              </label>
            ))}
          </fieldset>
        </Panel>
        <Panel title={t('imports.file')}>
          {error && (
            <Alert
              type="error"
              showIcon
              className="panel-alert"
              title={textOr(`imports.unreadable.${reason}`, errorText(error))}
            />
          )}
          <Upload.Dragger
            accept=".csv,.tsv,.txt,.gz,text/csv"
            showUploadList={false}
            disabled={uploading.isPending}
            beforeUpload={(file) => {
              uploading.mutate(file);
              return false;
            }}
          >
            <p className="upload-icon">{uploading.isPending ? <Spin /> : <InboxOutlined />}</p>
            <p>
              {uploading.isPending ? t('imports.uploading', { name: uploading.variables.name }) : t('imports.drop')}
            </p>
            <p className="muted">{t('imports.dropHint', { size: format.bytes(maxImportBytes) })}</p>
          </Upload.Dragger>
        </Panel>
      </div>
    </div>
  );
}
