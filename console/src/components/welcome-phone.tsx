import { useTranslation } from 'react-i18next';
import type { Message } from '#contract/content';
import { ChatBubbles, PhoneFrame } from './phone-parts';

type MessageValues = Readonly<Record<string, string>>;

/** Long names of the variables that a welcome knows before anybody has come. */
const shortNames: Readonly<Record<string, string>> = {
  'customer.name': 'customer_name',
  'customer.nickname': 'customer_name',
  'staff.name': 'staff_name',
  'staff.alias': 'staff_alias',
  'organization.name': 'organization',
  'code.name': 'code_name',
  'code.hook': 'hook',
};

/** The text with its variables filled in; what is known of nobody yet stays as it is typed. */
function fillVariables(text: string, values: MessageValues): string {
  return text.replace(/\{\{-?\s*([a-z_.]+)[^{}]*\}\}/g, (typed, name: string) => {
    return values[shortNames[name] ?? name] ?? typed;
  });
}

interface Props {
  readonly message: Message | null;
  readonly values: MessageValues;
  /** Said in place of the chat when nothing will be sent. */
  readonly silence?: string;
}

/** How a welcome looks on the customer's phone. */
export function WelcomePhone({ message, values, silence }: Props) {
  const { t } = useTranslation();
  const staffName = values.staff_name ?? t('phone.staff');
  const text = message === null ? '' : fillVariables(message.text, values).trim();
  const isEmpty = message === null || (text === '' && message.attachments.length === 0);
  return (
    <PhoneFrame
      label={t('phone.label')}
      title={
        <>
          {staffName}
          <em>@{values.organization}</em>
        </>
      }
    >
      <div className="phone-notice">{t('phone.added', { name: staffName })}</div>
      {isEmpty ? (
        <div className="phone-silence">{silence ?? t('phone.nothing')}</div>
      ) : (
        <ChatBubbles staffName={staffName} text={text} attachments={message.attachments} />
      )}
    </PhoneFrame>
  );
}
