import { Alert, Button, Input, Modal, Radio, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Input as Wanted } from '#contract';
import { type EventName, eventNames } from '#contract/event-names';
import { createWebhook, updateWebhook, webhookDraft } from '#contract/webhooks';
import type { ApiError } from '~/call';
import { CopyText } from '~/components/copy-text';
import { DraftForm, Field, useDraft } from '~/components/draft';
import { useWriting } from '~/components/writing';
import { textOr } from '~/i18n/index';
import type { Webhook } from './health';
import { VerifySnippets } from './verify';

const names = Object.keys(eventNames) as EventName[];

/** Makes a webhook, or changes one. A new one shows its secret, once. */
export function WebhookModal({ webhook, onClose }: { webhook?: Webhook; onClose: () => void }) {
  const { t } = useTranslation();
  const draft = useDraft<Wanted<typeof createWebhook>>(webhookDraft, {
    url: webhook?.url ?? 'https://',
    description: webhook?.description ?? '',
    eventNames: webhook?.eventNames ?? null,
  });
  const onRefused = (error: ApiError) => {
    if (error.code !== 'webhook_url_refused') return draft.refuse(error);
    const text = textOr(`webhook.urlRefused.${String(error.details.reason)}`, t('error.webhook_url_refused'));
    return draft.refuseField('url', text);
  };
  const creating = useWriting(createWebhook, { onRefused });
  const updating = useWriting(updateWebhook, { said: t('common.saved'), onRefused, onDone: onClose });
  const { value, set } = draft;

  if (creating.data)
    return <SecretModal title={t('webhook.created')} secret={creating.data.secret} onClose={onClose} />;

  return (
    <Modal
      open
      title={webhook === undefined ? t('webhook.new') : t('webhook.edit')}
      onCancel={onClose}
      okText={t('common.save')}
      confirmLoading={creating.isPending || updating.isPending}
      okButtonProps={{ htmlType: 'submit', form: 'webhook' }}
    >
      <DraftForm
        id="webhook"
        draft={draft}
        onSave={() => (webhook === undefined ? creating.mutate(value) : updating.mutate({ ...value, id: webhook.id }))}
      >
        <Field label={t('webhook.url')} path="url" hint={t('webhook.urlHint')}>
          <Input
            className="mono"
            inputMode="url"
            autoComplete="off"
            spellCheck={false}
            value={value.url}
            onChange={(event) => set({ url: event.target.value })}
          />
        </Field>
        <Field label={t('webhook.description')} path="description" hint={t('webhook.descriptionHint')} isOptional>
          <Input
            maxLength={200}
            value={value.description}
            onChange={(event) => set({ description: event.target.value })}
          />
        </Field>
        <Field label={t('webhook.events')} path="eventNames" below>
          <EventChoice value={value.eventNames} onChange={(chosen) => set({ eventNames: chosen })} />
        </Field>
      </DraftForm>
    </Modal>
  );
}

interface EventChoiceProps {
  readonly id?: string;
  readonly value: string[] | null;
  readonly onChange: (names: string[] | null) => void;
}

/** All events, or some by name; names that a brand tracks itself can be typed. */
function EventChoice({ id, value, onChange }: EventChoiceProps) {
  const { t } = useTranslation();
  return (
    <div className="stack">
      <Radio.Group
        value={value === null ? 'all' : 'chosen'}
        onChange={(event) => onChange(event.target.value === 'all' ? null : [])}
        options={[
          { value: 'all', label: t('webhook.allEvents') },
          { value: 'chosen', label: t('webhook.chosenEvents') },
        ]}
      />
      {value !== null && (
        <Select
          {...(id === undefined ? {} : { id })}
          mode="tags"
          className="full-width"
          placeholder={t('webhook.eventsPlaceholder')}
          aria-label={t('webhook.events')}
          value={value}
          onChange={onChange}
          showSearch={{ optionFilterProp: 'search' }}
          optionLabelProp="value"
          options={names.map((name) => ({
            value: name,
            search: `${name} ${t(`eventName.${name}`)}`,
            label: <EventLabel name={name} />,
          }))}
        />
      )}
      <div className="field-hint">{value === null ? t('webhook.allEventsHint') : t('webhook.eventsHint')}</div>
    </div>
  );
}

/** What an event means in words, with its name; a tracked one has only its name. */
export function EventLabel({ name }: { name: string }) {
  const { t } = useTranslation();
  const text = name === 'webhook.pinged' ? t('webhook.test') : textOr(`eventName.${name}`, '');
  return (
    <span className="event-label">
      {text !== '' && <span>{text}</span>}
      <span className={text === '' ? 'mono' : 'mono small muted'}>{name}</span>
    </span>
  );
}

/** The only sight of a secret. */
export function SecretModal({ title, secret, onClose }: { title: string; secret: string; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      open
      title={title}
      onCancel={onClose}
      width={640}
      mask={{ closable: false }}
      footer={
        <Button type="primary" onClick={onClose}>
          {t('webhook.secretKept')}
        </Button>
      }
    >
      <div className="stack">
        <Alert type="warning" showIcon title={t('webhook.secretOnce')} />
        <CopyText value={secret} label={t('webhook.secret')} />
        <VerifySnippets />
      </div>
    </Modal>
  );
}
