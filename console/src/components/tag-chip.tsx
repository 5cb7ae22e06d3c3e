import { ExclamationCircleOutlined, SyncOutlined } from '@ant-design/icons';
import { Tag, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import { useProblemText } from './platform-problem';

interface Props {
  readonly tag: {
    readonly name: string;
    readonly kind: 'wecom' | 'internal';
    readonly sync?: 'synced' | 'pending' | 'failed';
    readonly problem?: string | null;
    readonly groupName?: string;
  };
  readonly onRemove?: () => void;
}

/** A tag on a customer: filled when WeCom knows it, outlined when it is internal, with its way to WeCom. */
export function TagChip({ tag, onRemove }: Props) {
  const { t } = useTranslation();
  const problemText = useProblemText();
  const sync = tag.sync ?? 'synced';
  const failure = tag.problem ? problemText(tag.problem) : t('tag.sync.failed');
  const hints = [
    tag.groupName,
    t(`tag.kind.${tag.kind}`),
    sync === 'pending' ? t('tag.sync.pending') : sync === 'failed' ? failure : undefined,
  ].filter((hint) => hint !== undefined);
  const icon =
    sync === 'pending' ? <SyncOutlined spin /> : sync === 'failed' ? <ExclamationCircleOutlined /> : undefined;
  return (
    <Tooltip title={hints.join(' · ')}>
      <Tag
        className="tag-chip"
        variant={tag.kind === 'wecom' ? 'filled' : 'outlined'}
        color={sync === 'failed' ? 'error' : 'default'}
        icon={icon}
        closable={onRemove !== undefined}
        onClose={(event) => {
          event.preventDefault();
          onRemove?.();
        }}
      >
        {tag.name}
      </Tag>
    </Tooltip>
  );
}
