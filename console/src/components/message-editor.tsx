import { useTranslation } from 'react-i18next';
import { addressesOf, type Message } from '#contract/content';
import { AttachmentsEditor } from './attachments-editor';
import { TemplateInput } from './template-input';
import { TrackedAddresses } from './tracked-addresses';

interface Props {
  /** Where the message stands in the draft: 'welcome.message'. */
  readonly path: string;
  readonly value: Message;
  readonly onChange: (message: Message) => void;
}

/** WeCom's limit of a text, in bytes (doc 92137). */
export const wecomTextBytes = 4000;

export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Text with variables to press, up to nine attachments, and which of its addresses are tracked. */
export function MessageEditor({ path, value, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <div>
      <TemplateInput
        label={t('message.text')}
        path={`${path}.text`}
        alsoPath={path}
        value={value.text}
        onChange={(text) => onChange({ ...value, text })}
        maxLength={4000}
        count={t('template.bytes', { n: bytesOf(value.text), max: wecomTextBytes })}
        common={['customer.name', 'staff.name', 'code.name', 'code.hook']}
        placeholder={t('message.placeholder')}
        testId="code-welcome-text"
      />
      <AttachmentsEditor
        path={`${path}.attachments`}
        value={value.attachments}
        onChange={(attachments) => onChange({ ...value, attachments })}
        hint={t('message.attachmentLimits')}
      />
      <TrackedAddresses
        addresses={[...addressesOf({ wecom: value })]}
        tracked={value.trackedUrls ?? []}
        onChange={(trackedUrls) => onChange({ ...value, trackedUrls })}
      />
    </div>
  );
}
