import { CopyOutlined, DownOutlined, SendOutlined } from '@ant-design/icons';
import { marked } from 'marked';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChannelMessage } from '#contract/content';
import { useSession } from '~/app/session';
import { initialOf } from './initial';
import { AttachmentView, ChatBubbles, MarkedText, PhoneFrame } from './phone-parts';
import { useVariableName } from './template-input';

interface Props {
  readonly message: ChannelMessage | null;
  readonly staffName: string;
  /** Said where nothing would be. */
  readonly silence: string;
}

/** A message as its channel shows it on a phone. What is missing in it stands as {{ its name }} and is marked. */
export function MessagePhone({ message, staffName, silence }: Props) {
  const { t } = useTranslation();
  const { organizationName } = useSession();
  if (message === null) {
    return (
      <PhoneFrame label={t('phone.messageLabel')} title={organizationName}>
        <div className="phone-silence">{silence}</div>
      </PhoneFrame>
    );
  }
  switch (message.kind) {
    case 'wecom': {
      const isEmpty = message.text === '' && message.attachments.length === 0;
      return (
        <PhoneFrame
          label={t('phone.messageLabel')}
          title={
            <>
              {staffName}
              <em>@{organizationName}</em>
            </>
          }
        >
          {isEmpty ? (
            <div className="phone-silence">{silence}</div>
          ) : (
            <ChatBubbles staffName={staffName} text={message.text} attachments={message.attachments} />
          )}
        </PhoneFrame>
      );
    }
    case 'moment':
      return (
        <PhoneFrame label={t('phone.messageLabel')} title={t('wording.moment')}>
          <div className="phone-moment">
            <span className="phone-avatar">{initialOf(staffName)}</span>
            <div>
              <div className="phone-moment-name">{staffName}</div>
              {message.text !== '' && (
                <div className="phone-moment-text">
                  <MarkedText text={message.text} />
                </div>
              )}
              <div className={`phone-moment-grid${message.attachments.length === 1 ? ' is-single' : ''}`}>
                {message.attachments.map((attachment, index) => (
                  <AttachmentView key={index} attachment={attachment} />
                ))}
              </div>
            </div>
          </div>
        </PhoneFrame>
      );
    case 'email':
      return (
        <PhoneFrame label={t('phone.messageLabel')} title={t('wording.email')}>
          <div className="phone-mail">
            <div className="phone-mail-subject">
              <MarkedText text={message.subject} />
            </div>
            <div className="phone-mail-from">
              {organizationName}
              {message.preheader !== '' && (
                <span>
                  <MarkedText text={message.preheader} />
                </span>
              )}
            </div>
            <MailBody markdown={message.markdown} />
          </div>
        </PhoneFrame>
      );
    case 'sms':
      return (
        <PhoneFrame label={t('phone.messageLabel')} title={organizationName}>
          <div className="phone-sms">
            <MarkedText text={message.preview} />
          </div>
          <div className="phone-notice">{t('phone.smsLength', { n: [...message.preview].length })}</div>
        </PhoneFrame>
      );
    case 'webhook':
      return (
        <PhoneFrame label={t('phone.messageLabel')} title={t('wording.webhook')}>
          <dl className="phone-fields">
            {Object.entries(message.fields).map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>
                  <MarkedText text={value} />
                </dd>
              </div>
            ))}
          </dl>
        </PhoneFrame>
      );
    case 'task':
      return (
        <PhoneFrame label={t('phone.messageLabel')} title={t('phone.task')}>
          <div className="phone-task">
            <div className="phone-card-source">{t('phone.taskWords')}</div>
            <div className="phone-task-words">
              <MarkedText text={message.words} />
            </div>
            <div className="phone-task-actions">
              <span>
                <CopyOutlined /> {t('common.copy')}
              </span>
              <span>
                <SendOutlined /> {t('phone.taskDone')}
              </span>
              <span>
                <DownOutlined /> {t('common.more')}
              </span>
            </div>
          </div>
        </PhoneFrame>
      );
  }
}

const mailStyle = `
  body { margin: 0; font: 14px/1.65 system-ui, -apple-system, "PingFang SC", sans-serif; color: #222; overflow-wrap: anywhere }
  img { max-width: 100% } a { color: #0f766e } h1 { font-size: 20px } h2 { font-size: 17px } h3 { font-size: 15px }
  mark { padding: 0 3px; border-radius: 3px; background: #ffe3b3 } blockquote { margin: 0; padding-left: 10px; border-left: 3px solid #ddd; color: #555 }
`;

const escapeHtml = (text: string) => text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);

/** The body is drawn in a frame that runs no scripts and knows nothing of this page. */
function MailBody({ markdown }: { markdown: string }) {
  const { t } = useTranslation();
  const nameOf = useVariableName();
  const page = useMemo(() => {
    const shown = markdown.replace(
      /\{\{\s*([\w.]*)\s*\}\}/g,
      (_, path: string) => `<mark>${escapeHtml(nameOf(path))}</mark>`,
    );
    return `<!doctype html><meta charset="utf-8"><style>${mailStyle}</style>${marked.parse(shown, { async: false })}`;
  }, [markdown, nameOf]);
  return <iframe className="phone-mail-body" title={t('wording.email')} sandbox="" srcDoc={page} />;
}
