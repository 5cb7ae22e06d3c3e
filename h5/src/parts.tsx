import { useRouter } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '#console/call';
import { textOr } from './i18n/index';
import { Icon, type IconName } from './icons';

const hues = [168, 205, 262, 328, 24, 44, 96];

/** Picture of a customer, or the first letter of the name in a colour of its own. */
export function Avatar({ name, src, size = 44 }: { name: string; src?: string | null; size?: number }) {
  const hue = hues[[...name].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % hues.length] ?? 168;
  const style = { width: size, height: size, fontSize: size * 0.42, '--hue': hue } as React.CSSProperties;
  if (src) return <img className="avatar" src={src} alt="" style={style} referrerPolicy="no-referrer" />;
  return (
    <span className="avatar" style={style} aria-hidden="true">
      {[...name][0]?.toUpperCase()}
    </span>
  );
}

export function useCustomerName(): (customer: { name: string | null }) => string {
  const { t } = useTranslation();
  return ({ name }) => name ?? t('common.nameless');
}

interface TopBarProps {
  readonly title: string;
  readonly end?: ReactNode;
}

export function TopBar({ title, end }: TopBarProps) {
  const { t } = useTranslation();
  const router = useRouter();
  useEffect(() => {
    document.title = `${title} · siyu`;
  }, [title]);
  const back = () => {
    if (router.history.canGoBack()) router.history.back();
    else void router.navigate({ to: '/' });
  };
  return (
    <header className="top-bar">
      <button type="button" className="icon-button" aria-label={t('common.back')} onClick={back}>
        <Icon name="back" size={24} />
      </button>
      <h1>{title}</h1>
      <div className="top-bar-end">{end}</div>
    </header>
  );
}

export function Waiting() {
  const { t } = useTranslation();
  return (
    <div className="waiting" role="status" aria-label={t('common.waiting')}>
      <i />
      <i />
      <i />
    </div>
  );
}

interface EmptyProps {
  readonly icon: IconName;
  readonly title: string;
  readonly hint?: string;
  readonly action?: ReactNode;
}

export function Empty({ icon, title, hint, action }: EmptyProps) {
  return (
    <div className="empty">
      <span className="empty-icon">
        <Icon name={icon} size={34} />
      </span>
      <strong>{title}</strong>
      {hint !== undefined && <p>{hint}</p>}
      {action}
    </div>
  );
}

/** What to do about a refusal, in words. */
export function errorText(error: unknown): string {
  const code = error instanceof ApiError ? error.code : 'internal';
  return textOr(`error.${code}`, code);
}

export function Problem({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation();
  return (
    <Empty
      icon="cross"
      title={errorText(error)}
      {...(onRetry
        ? {
            action: (
              <button type="button" className="button" onClick={onRetry}>
                {t('common.retry')}
              </button>
            ),
          }
        : {})}
    />
  );
}

interface SheetProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A sheet from the foot of the page: the browser keeps the focus in it, and Escape closes it. */
export function Sheet({ title, onClose, children }: SheetProps) {
  const { t } = useTranslation();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a press beside the sheet closes it; on a keyboard Escape does
    <dialog
      ref={dialog}
      className="sheet"
      aria-label={title}
      onCancel={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div className="sheet-body">
        <div className="sheet-head">
          <h2>{title}</h2>
          <button type="button" className="icon-button" aria-label={t('common.close')} onClick={onClose}>
            <Icon name="cross" />
          </button>
        </div>
        {children}
      </div>
    </dialog>
  );
}

export function Section({ title, end, children }: { title: string; end?: ReactNode; children: ReactNode }) {
  return (
    <section className="section">
      <div className="section-head">
        <h2>{title}</h2>
        {end}
      </div>
      {children}
    </section>
  );
}
