import { FileOutlined, LeftOutlined, LinkOutlined, PictureOutlined, PlayCircleFilled } from '@ant-design/icons';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Attachment } from '#contract/content';
import { useFormat } from '~/format';
import { initialOf } from './initial';
import { materialAddress, useMaterial } from './materials';
import { useVariableName } from './template-input';
import './welcome-phone.css';

/** What phones show: the frame, bubbles of a chat, attachments. */

interface FrameProps {
  readonly label: string;
  readonly title: ReactNode;
  readonly children: ReactNode;
}

export function PhoneFrame({ label, title, children }: FrameProps) {
  return (
    <div className="phone" role="img" aria-label={label}>
      <div className="phone-screen">
        <div className="phone-bar">
          <LeftOutlined />
          <span>{title}</span>
          <span />
        </div>
        <div className="phone-chat">{children}</div>
      </div>
    </div>
  );
}

function Bubble({ staffName, children }: { staffName: string; children: ReactNode }) {
  return (
    <div className="phone-line">
      <span className="phone-avatar">{initialOf(staffName)}</span>
      <div className="phone-bubble">{children}</div>
    </div>
  );
}

/** What is said there: 'customer.name | default: "你"' → 'customer.name'. */
const pathIn = (said: string) => (said.split('|')[0] ?? '').trim();

/** A text in which what is missing stands as {{ its name }}. */
export function MarkedText({ text }: { text: string }) {
  const { t } = useTranslation();
  const nameOf = useVariableName();
  const parts = text.split(/(\{\{[^{}]*\}\})/);
  return (
    <>
      {parts.map((part, i) => {
        const name = /^\{\{\s*([^{}]*?)\s*\}\}$/.exec(part)?.[1];
        return name === undefined ? (
          part
        ) : (
          <mark key={`${i} ${name}`} className="phone-missing" title={t('phone.missing')}>
            {nameOf(pathIn(name))}
          </mark>
        );
      })}
    </>
  );
}

/** What a WeCom message shows, bubble by bubble. */
export function ChatBubbles({
  staffName,
  text,
  attachments,
}: {
  staffName: string;
  text: string;
  attachments: readonly Attachment[];
}) {
  return (
    <>
      {text !== '' && (
        <Bubble staffName={staffName}>
          <div className="phone-text">
            <MarkedText text={text} />
          </div>
        </Bubble>
      )}
      {attachments.map((attachment, index) => (
        <Bubble key={index} staffName={staffName}>
          <AttachmentView attachment={attachment} />
        </Bubble>
      ))}
    </>
  );
}

export function AttachmentView({ attachment }: { attachment: Attachment }) {
  const { t } = useTranslation();
  switch (attachment.kind) {
    case 'image':
      return <img className="phone-image" src={materialAddress(attachment.materialId)} alt={t('attachment.image')} />;
    case 'link':
      return (
        <div className="phone-card">
          <div className="phone-card-title">
            <MarkedText text={attachment.title || t('attachment.link')} />
          </div>
          <div className="phone-card-body">
            <span>
              <MarkedText text={attachment.description || attachment.url} />
            </span>
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
