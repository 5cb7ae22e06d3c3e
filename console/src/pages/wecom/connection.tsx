import { EyeOutlined } from '@ant-design/icons';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Alert, App, Button, Input, Skeleton } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { z } from 'zod';
import type { Call, Output } from '#contract';
import { getConnection, revealCallbackSecrets, setConnection } from '#contract/wecom';
import { call, reading } from '~/call';
import { CopyText } from '~/components/copy-text';
import { DraftForm, Field, useDraft } from '~/components/draft';
import { ErrorNotice, useErrorText } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { useWriting } from '~/components/writing';
import { AdminSteps } from './admin-steps';

type Connection = Output<typeof getConnection>;

export default function ConnectionPage(): ReactNode {
  const { t } = useTranslation();
  const { data, error, isPending } = useQuery({ ...reading(getConnection, {}), refetchOnWindowFocus: false });
  return (
    <div className="page">
      <PageHeader
        title={t('menu.connection')}
        subtitle={t('connection.subtitle')}
        actions={
          data && (
            <Link to="/wecom/self-check">
              <Button>{t('connection.toSelfCheck')}</Button>
            </Link>
          )
        }
      />
      {error && data === undefined && <ErrorNotice error={error} />}
      {isPending && <Skeleton active />}
      {data !== undefined && (
        <div className="columns-form">
          <div className="stack-large">
            <ConnectionForm key={data?.updatedAt ?? 'none'} connection={data} />
            {data !== null && <CallbackPanel connection={data} />}
          </div>
          <AdminSteps callbackUrl={data?.callbackUrl ?? null} />
        </div>
      )}
    </div>
  );
}

interface ConnectionDraft {
  readonly corpId: string;
  readonly agentId: string;
  readonly secret: string;
  readonly token: string;
  readonly encodingAesKey: string;
  readonly baseUrl: string;
  readonly oauthBaseUrl: string;
}

const { shape } = setConnection.input;
const orEmpty = <T extends z.ZodType>(schema: T) => z.union([z.literal(''), schema]);

/** An empty secret stays as it is on the server, so it is left out of what is sent. */
const draftSchema = z.object({
  ...shape,
  secret: orEmpty(shape.secret.unwrap()),
  token: orEmpty(shape.token.unwrap()),
  encodingAesKey: orEmpty(shape.encodingAesKey.unwrap()),
  oauthBaseUrl: orEmpty(shape.oauthBaseUrl.unwrap()),
});
const firstSchema = draftSchema.extend({ secret: shape.secret.unwrap() });

function ConnectionForm({ connection }: { connection: Connection }) {
  const { t } = useTranslation();
  const draft = useDraft<ConnectionDraft>(connection?.hasSecret ? draftSchema : firstSchema, {
    corpId: connection?.corpId ?? '',
    agentId: connection?.agentId ?? '',
    secret: '',
    token: '',
    encodingAesKey: '',
    baseUrl: connection?.baseUrl ?? 'https://qyapi.weixin.qq.com',
    oauthBaseUrl: connection?.ownOauthBaseUrl ?? '',
  });
  const saving = useWriting(setConnection, {
    said: t('connection.saved'),
    onRefused: (error) => draft.refuse(error),
  });
  const { value, set } = draft;

  function save() {
    const input: Call<typeof setConnection> = {
      corpId: value.corpId,
      agentId: value.agentId,
      baseUrl: value.baseUrl,
      ...(value.secret === '' ? {} : { secret: value.secret }),
      ...(value.token === '' ? {} : { token: value.token }),
      ...(value.encodingAesKey === '' ? {} : { encodingAesKey: value.encodingAesKey }),
      ...(value.oauthBaseUrl === '' ? {} : { oauthBaseUrl: value.oauthBaseUrl }),
    };
    saving.mutate(input);
  }

  const unchanged = t('connection.unchanged');
  return (
    <Panel title={t('connection.app')}>
      <DraftForm draft={draft} onSave={save}>
        <div className="field-pair">
          <Field label={t('connection.corpId')} path="corpId" hint={t('connection.corpIdHint')}>
            <Input
              className="mono"
              value={value.corpId}
              onChange={(event) => set({ corpId: event.target.value.trim() })}
              placeholder="ww…"
            />
          </Field>
          <Field label="AgentId" path="agentId" hint={t('connection.agentIdHint')}>
            <Input
              className="mono"
              value={value.agentId}
              onChange={(event) => set({ agentId: event.target.value.trim() })}
              placeholder="1000002"
            />
          </Field>
        </div>
        <Field
          label="Secret"
          path="secret"
          hint={t('connection.secretHint')}
          isOptional={connection?.hasSecret === true}
        >
          <Input.Password
            autoComplete="off"
            value={value.secret}
            onChange={(event) => set({ secret: event.target.value.trim() })}
            placeholder={connection?.hasSecret ? unchanged : ''}
          />
        </Field>
        <div className="field-pair">
          <Field label="Token" path="token" isOptional hint={connection ? undefined : t('connection.tokenHint')}>
            <Input
              className="mono"
              value={value.token}
              onChange={(event) => set({ token: event.target.value.trim() })}
              placeholder={connection ? unchanged : t('connection.made')}
            />
          </Field>
          <Field
            label="EncodingAESKey"
            path="encodingAesKey"
            isOptional
            hint={connection ? undefined : t('connection.aesHint')}
          >
            <Input
              className="mono"
              value={value.encodingAesKey}
              onChange={(event) => set({ encodingAesKey: event.target.value.trim() })}
              placeholder={connection?.hasEncodingAesKey ? unchanged : t('connection.made')}
            />
          </Field>
        </div>
        <Field label={t('connection.baseUrl')} path="baseUrl" hint={t('connection.baseUrlHint')}>
          <Input
            className="mono"
            value={value.baseUrl}
            onChange={(event) => set({ baseUrl: event.target.value.trim() })}
          />
        </Field>
        <Field
          label={t('connection.oauthBaseUrl')}
          path="oauthBaseUrl"
          isOptional
          hint={t('connection.oauthBaseUrlHint')}
        >
          <Input
            className="mono"
            value={value.oauthBaseUrl}
            onChange={(event) => set({ oauthBaseUrl: event.target.value.trim() })}
            placeholder={connection?.oauthBaseUrl ?? 'https://open.weixin.qq.com'}
          />
        </Field>
        <Button type="primary" htmlType="submit" loading={saving.isPending}>
          {t(connection ? 'common.save' : 'connection.connect')}
        </Button>
      </DraftForm>
    </Panel>
  );
}

function CallbackPanel({ connection }: { connection: NonNullable<Connection> }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const errorText = useErrorText();
  const revealing = useMutation({
    mutationFn: () => call(revealCallbackSecrets, {}),
    onError: (error) => void message.error(errorText(error)),
  });
  return (
    <Panel title={t('connection.callback')} definition={t('connection.callbackDefinition')}>
      <div className="stack">
        <div className="field-label">{t('connection.callbackUrl')}</div>
        <CopyText value={connection.callbackUrl} label={t('connection.callbackUrl')} />
        {revealing.data ? (
          <>
            <div className="field-label">Token</div>
            <CopyText value={revealing.data.token} label="Token" />
            <div className="field-label">EncodingAESKey</div>
            <CopyText value={revealing.data.encodingAesKey} label="EncodingAESKey" />
            <Alert type="info" showIcon title={t('connection.revealed')} />
          </>
        ) : (
          <div>
            <Button icon={<EyeOutlined />} loading={revealing.isPending} onClick={() => revealing.mutate()}>
              {t('connection.reveal')}
            </Button>
          </div>
        )}
      </div>
    </Panel>
  );
}
