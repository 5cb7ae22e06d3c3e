import { FileOutlined, LeftOutlined, LinkOutlined, PictureOutlined, PlayCircleFilled } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import type { Attachment, Message } from '#contract/content';
import { useFormat } from '~/format';
import { initialOf } from './initial';
import { materialAddress, useMaterial } from './materials';
import './welcome-phone.css';

type MessageValues = Readonly<Record<string, string>>;

/** The text with its variables filled in; an unknown variable stays as it is typed. */
function fillVariables(text: string, values: MessageValues): string {
  return text.replace(/\{\{\s*([a-z_]+)\s*\}\}/g, (typed, name: string) => values[name] ?? typed);
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
    <div className="phone" role="img" aria-label={t('phone.label')}>
      <div className="phone-screen">
        <div className="phone-bar">
          <LeftOutlined />
          <span>
            {staffName}
            <em>@{values.organization}</em>
          </span>
          <span />
        </div>
        <div className="phone-chat">
          <div className="phone-notice">{t('phone.added', { name: staffName })}</div>
          {isEmpty ? (
            <div className="phone-silence">{silence ?? t('phone.nothing')}</div>
          ) : (
            <>
              {text !== '' && (
                <Bubble staffName={staffName}>
                  <div className="phone-text">{text}</div>
                </Bubble>
              )}
              {message.attachments.map((attachment, index) => (
                <Bubble key={index} staffName={staffName}>
                  <AttachmentView attachment={attachment} />
                </Bubble>
              ))}
            </>
          )}
        </div>
      </div>
    </div>
  );
}

function Bubble({ staffName, children }: { staffName: string; children: React.ReactNode }) {
  return (
    <div className="phone-line">
      <span className="phone-avatar">{initialOf(staffName)}</span>
      <div className="phone-bubble">{children}</div>
    </div>
  );
}

function AttachmentView({ attachment }: { attachment: Attachment }) {
  const { t } = useTranslation();
  switch (attachment.kind) {
    case 'image':
      return <img className="phone-image" src={materialAddress(attachment.materialId)} alt={t('attachment.image')} />;
    case 'link':
      return (
        <div className="phone-card">
          <div className="phone-card-title">{attachment.title || t('attachment.link')}</div>
          <div className="phone-card-body">
            <span>{attachment.description || attachment.url}</span>
            {attachment.imageUrl ? (
              <img src={attachment.imageUrl} alt="" referrerPolicy="no-referrer" />
            ) : (
              <span className="phone-card-icon">
                <LinkOutlined />
              </span>
            )}
          </div>
        </div>
      );
    case 'mini_program':
      return (
        <div className="phone-card">
          <div className="phone-card-source">{t('attachment.mini_program')}</div>
          <div className="phone-card-title">{attachment.title || t('attachment.mini_program')}</div>
          {attachment.materialId > 0 ? (
            <img className="phone-cover" src={materialAddress(attachment.materialId)} alt="" />
          ) : (
            <div className="phone-cover phone-cover-empty">
              <PictureOutlined />
            </div>
          )}
        </div>
      );
    case 'file':
      return <FileView materialId={attachment.materialId} />;
    case 'video':
      return (
        <div className="phone-video">
          <PlayCircleFilled />
        </div>
      );
  }
}

function FileView({ materialId }: { materialId: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data } = useMaterial(materialId);
  return (
    <div className="phone-card phone-file">
      <span>
        <span className="phone-card-title">{data?.name ?? t('attachment.file')}</span>
        <span className="phone-card-source">{data ? format.bytes(data.byteCount) : ''}</span>
      </span>
      <FileOutlined />
    </div>
  );
}
