import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Checkbox, Form, Input } from 'antd';
import { useTranslation } from 'react-i18next';
import { type Attachment, addressesIn, type WordingKind, type Wordings } from '#contract/content';
import { AttachmentsEditor } from '~/components/attachments-editor';
import { Field, useProblem } from '~/components/draft';
import { bytesOf, wecomTextBytes } from '~/components/message-editor';
import { TemplateInput } from '~/components/template-input';

interface Props {
  readonly kind: WordingKind;
  readonly wordings: Wordings;
  readonly onChange: (wordings: Wordings) => void;
}

/** The words of one channel, with what that channel knows of: attachments, subject, parameters. */
export function WordingEditor({ kind, wordings, onChange }: Props) {
  switch (kind) {
    case 'wecom':
      return wordings.wecom ? (
        <WecomEditor value={wordings.wecom} onChange={(wecom) => onChange({ ...wordings, wecom })} />
      ) : null;
    case 'moment':
      return wordings.moment ? (
        <MomentEditor value={wordings.moment} onChange={(moment) => onChange({ ...wordings, moment })} />
      ) : null;
    case 'email':
      return wordings.email ? (
        <EmailEditor value={wordings.email} onChange={(email) => onChange({ ...wordings, email })} />
      ) : null;
    case 'sms':
      return wordings.sms ? (
        <SmsEditor value={wordings.sms} onChange={(sms) => onChange({ ...wordings, sms })} />
      ) : null;
    case 'webhook':
      return wordings.webhook ? (
        <WebhookEditor value={wordings.webhook} onChange={(webhook) => onChange({ ...wordings, webhook })} />
      ) : null;
    case 'task':
      return wordings.task ? (
        <TaskEditor value={wordings.task} onChange={(task) => onChange({ ...wordings, task })} />
      ) : null;
  }
}

interface EditorProps<K extends WordingKind> {
  readonly value: NonNullable<Wordings[K]>;
  readonly onChange: (value: NonNullable<Wordings[K]>) => void;
}

function WecomEditor({ value, onChange }: EditorProps<'wecom'>) {
  const { t } = useTranslation();
  return (
    <>
      <TemplateInput
        label={t('message.text')}
        path="wordings.wecom.text"
        value={value.text}
        onChange={(text) => onChange({ ...value, text })}
        maxLength={4000}
        count={t('template.bytes', { n: bytesOf(value.text), max: wecomTextBytes })}
        placeholder={t('content.wecomPlaceholder')}
        testId="wording-wecom"
      />
      <AttachmentsEditor
        path="wordings.wecom.attachments"
        value={value.attachments}
        onChange={(attachments) => onChange({ ...value, attachments })}
        hint={t('message.attachmentLimits')}
      />
    </>
  );
}

type Visual = NonNullable<Wordings['moment']>['attachments'][number];

const isVisual = (attachment: Attachment): attachment is Visual =>
  attachment.kind === 'image' || attachment.kind === 'video' || attachment.kind === 'link';

function MomentEditor({ value, onChange }: EditorProps<'moment'>) {
  const { t } = useTranslation();
  return (
    <>
      <TemplateInput
        label={t('message.text')}
        path="wordings.moment.text"
        value={value.text}
        onChange={(text) => onChange({ ...value, text })}
        maxLength={2000}
        hint={t('content.momentHint')}
        isShared
      />
      <AttachmentsEditor
        path="wordings.moment.attachments"
        kinds={['image', 'video', 'link']}
        value={value.attachments}
        onChange={(attachments) => onChange({ ...value, attachments: attachments.filter(isVisual) })}
        hint={t('content.momentLimits')}
      />
    </>
  );
}

function EmailEditor({ value, onChange }: EditorProps<'email'>) {
  const { t } = useTranslation();
  return (
    <>
      <TemplateInput
        label={t('content.subject')}
        path="wordings.email.subject"
        value={value.subject}
        onChange={(subject) => onChange({ ...value, subject })}
        maxLength={150}
        hint={t('content.subjectHint')}
        isLine
      />
      <Field
        label={t('content.preheader')}
        path="wordings.email.preheader"
        isOptional
        hint={t('content.preheaderHint')}
      >
        <Input
          value={value.preheader}
          maxLength={200}
          onChange={(event) => onChange({ ...value, preheader: event.target.value })}
        />
      </Field>
      <TemplateInput
        label={t('content.markdown')}
        path="wordings.email.markdown"
        value={value.markdown}
        onChange={(markdown) => onChange({ ...value, markdown })}
        maxLength={50_000}
        minRows={10}
        hint={t('content.markdownHint')}
      />
    </>
  );
}

type Param = NonNullable<Wordings['sms']>['params'][number];

/** The parameters that the approved words ask for, each as it was set before. */
function paramsOf(templateText: string, known: readonly Param[]): Param[] {
  const names = new Set([...templateText.matchAll(/\$\{([A-Za-z]\w{0,29})\}/g)].map((match) => match[1] ?? ''));
  return [...names].map((name) => known.find((param) => param.name === name) ?? { name, text: '', isLinkCode: false });
}

function SmsEditor({ value, onChange }: EditorProps<'sms'>) {
  const { t } = useTranslation();
  const problem = useProblem('wordings.sms.params');
  const change = (index: number, patch: Partial<Param>) =>
    onChange({
      ...value,
      params: value.params.map((param, place) => (place === index ? { ...param, ...patch } : param)),
    });
  return (
    <>
      <Field label={t('content.smsCode')} path="wordings.sms.templateCode" hint={t('content.smsCodeHint')}>
        <Input
          value={value.templateCode}
          maxLength={40}
          placeholder="SMS_123456789"
          onChange={(event) => onChange({ ...value, templateCode: event.target.value.trim() })}
        />
      </Field>
      <Field label={t('content.smsText')} path="wordings.sms.templateText" hint={t('content.smsTextHint')}>
        <Input.TextArea
          value={value.templateText}
          maxLength={500}
          autoSize={{ minRows: 3, maxRows: 8 }}
          placeholder={t('content.smsTextPlaceholder', { open: '${', close: '}' })}
          onChange={(event) => {
            const templateText = event.target.value;
            onChange({ ...value, templateText, params: paramsOf(templateText, value.params) });
          }}
        />
      </Field>
      {problem !== undefined && <p className="draft-problem">{problem}</p>}
      {value.params.map((param, index) => (
        <div key={param.name} className="sms-param">
          <TemplateInput
            label={<code>{`\${${param.name}}`}</code>}
            path={`wordings.sms.params.${index}.text`}
            alsoPath={`wordings.sms.params.${index}.name`}
            value={param.text}
            onChange={(text) => change(index, { text })}
            maxLength={200}
            hint={t('content.smsParamHint')}
            isOptional
            isLine
          />
          {addressesIn(param.text)[0]?.url === param.text && param.text !== '' && (
            <Checkbox
              checked={param.isLinkCode}
              onChange={(event) => change(index, { isLinkCode: event.target.checked })}
            >
              {t('content.smsLinkCode')}
            </Checkbox>
          )}
        </div>
      ))}
    </>
  );
}

function WebhookEditor({ value, onChange }: EditorProps<'webhook'>) {
  const { t } = useTranslation();
  const change = (index: number, patch: Partial<{ name: string; text: string }>) =>
    onChange({ fields: value.fields.map((field, place) => (place === index ? { ...field, ...patch } : field)) });
  return (
    <>
      {value.fields.map((field, index) => (
        <div key={index} className="webhook-field">
          <Field label={t('content.fieldName')} path={`wordings.webhook.fields.${index}.name`}>
            <Input
              value={field.name}
              maxLength={60}
              onChange={(event) => change(index, { name: event.target.value })}
              suffix={
                value.fields.length > 1 && (
                  <Button
                    type="text"
                    size="small"
                    icon={<DeleteOutlined />}
                    aria-label={t('common.remove')}
                    onClick={() => onChange({ fields: value.fields.filter((_, place) => place !== index) })}
                  />
                )
              }
            />
          </Field>
          <TemplateInput
            label={t('content.fieldText')}
            path={`wordings.webhook.fields.${index}.text`}
            value={field.text}
            onChange={(text) => change(index, { text })}
            maxLength={2000}
            minRows={2}
            isOptional
          />
        </div>
      ))}
      <Form.Item>
        <Button
          icon={<PlusOutlined />}
          disabled={value.fields.length >= 50}
          onClick={() => onChange({ fields: [...value.fields, { name: '', text: '' }] })}
        >
          {t('content.addField')}
        </Button>
      </Form.Item>
    </>
  );
}

function TaskEditor({ value, onChange }: EditorProps<'task'>) {
  const { t } = useTranslation();
  return (
    <TemplateInput
      label={t('content.taskWords')}
      path="wordings.task.words"
      value={value.words}
      onChange={(words) => onChange({ words })}
      maxLength={1300}
      hint={t('content.taskHint')}
    />
  );
}
