import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Icon } from './icons';
import { errorText } from './parts';
import { say } from './toast';
import { useChat, WecomRefusal } from './wecom';

/** Old browsers, and pages without TLS, have no clipboard: then the words are selected and copied as by hand. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.readOnly = true;
    area.style.position = 'fixed';
    area.style.opacity = '0';
    document.body.append(area);
    area.select();
    const isCopied = document.execCommand('copy');
    area.remove();
    return isCopied;
  }
}

interface Props {
  readonly text: string;
  /** Whom they are meant for; null when it does not matter. */
  readonly externalUserid: string | null;
}

/** Words as they will stand in the chat, to copy or, beside his own chat, to put there. */
export function Words({ text, externalUserid }: Props) {
  const { t } = useTranslation();
  const { data: chat } = useChat();
  const act = useMutation({
    mutationFn: (work: () => Promise<void>) => work(),
    onError: (error) =>
      say(error instanceof WecomRefusal ? t('task.chatFailed', { reason: error.message }) : errorText(error), {
        isProblem: true,
      }),
  });

  async function copy() {
    const isCopied = await copyText(text);
    say(t(isCopied ? 'task.copied' : 'task.copyFailed'), { isProblem: !isCopied });
  }

  const isHisChat = chat !== undefined && chat.externalUserid !== null && chat.externalUserid === externalUserid;
  return (
    <div className="words">
      <p className="bubble">{text}</p>
      <div className="words-actions">
        <button type="button" className="button" onClick={() => void copy()}>
          <Icon name="copy" size={18} />
          {t('task.copy')}
        </button>
        {isHisChat && chat.canSend && (
          <button
            type="button"
            className="button button-soft"
            disabled={act.isPending}
            onClick={() =>
              act.mutate(async () => {
                await chat.send(text);
                say(t('task.sent'));
              })
            }
          >
            <Icon name="send" size={18} />
            {t('task.send')}
          </button>
        )}
        {chat !== undefined && externalUserid !== null && !isHisChat && (
          <button
            type="button"
            className="button button-soft"
            disabled={act.isPending}
            onClick={() =>
              act.mutate(async () => {
                await copy();
                await chat.open(externalUserid);
              })
            }
          >
            <Icon name="chat" size={18} />
            {t('task.openChat')}
          </button>
        )}
      </div>
      {chat !== undefined && chat.externalUserid !== null && externalUserid !== null && !isHisChat && (
        <p className="muted small">{t('task.otherChat')}</p>
      )}
    </div>
  );
}
