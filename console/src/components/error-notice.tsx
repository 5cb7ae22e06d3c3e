import { Alert, Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { ApiError } from '~/call';

/** What went wrong and what to do, in the reader's language. */
export function useErrorText(): (error: unknown) => string {
  const { t } = useTranslation();
  return (error) => t(`error.${error instanceof ApiError ? error.code : 'internal'}`);
}

export function ErrorNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const requestId = error instanceof ApiError ? error.requestId : null;
  return (
    <Alert
      type="error"
      showIcon
      title={errorText(error)}
      description={requestId === null ? undefined : t('common.requestId', { id: requestId })}
      action={onRetry && <Button onClick={onRetry}>{t('common.retry')}</Button>}
    />
  );
}
