import { CloseCircleOutlined, SyncOutlined } from '@ant-design/icons';
import { Tag, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import type { listCodes } from '#contract/acquisition';
import { useProblemText } from '~/components/platform-problem';

type Code = Pick<Output<typeof listCodes>['rows'][number], 'state' | 'sync' | 'syncProblem'>;

const colourOfState = { waiting: 'default', active: 'success', paused: 'warning', ended: 'default' } as const;

export function CodeState({ code }: { code: Code }) {
  const { t } = useTranslation();
  return (
    <Tooltip title={t(`code.stateMeaning.${code.state}`)}>
      <Tag variant="filled" color={colourOfState[code.state]}>
        {t(`code.state.${code.state}`)}
      </Tag>
    </Tooltip>
  );
}

/** Whether WeCom has the newest settings; silent when it has. */
export function CodeSync({ code }: { code: Code }) {
  const { t } = useTranslation();
  const problemText = useProblemText();
  if (code.sync === 'synced' || code.state === 'ended') return null;
  const isFailed = code.sync === 'failed';
  return (
    <Tooltip title={code.syncProblem === null ? t(`code.syncMeaning.${code.sync}`) : problemText(code.syncProblem)}>
      <Tag
        variant="filled"
        color={isFailed ? 'error' : 'processing'}
        icon={isFailed ? <CloseCircleOutlined /> : <SyncOutlined spin />}
      >
        {t(`sync.${code.sync}`)}
      </Tag>
    </Tooltip>
  );
}
