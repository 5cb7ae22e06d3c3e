import { ArrowDownOutlined, ArrowUpOutlined } from '@ant-design/icons';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '~/format';
import type { zhCN } from '~/i18n/zh-CN/index';
import { Definition } from './panel';

type FigureName = keyof (typeof zhCN)['figure'];

interface Props {
  /** Name and definition stand in the catalogue under this key. */
  readonly name: FigureName;
  readonly value: ReactNode;
  /** The same figure in the period before, for the small arrow. */
  readonly now?: number;
  readonly before?: number;
  readonly isLossWhenUp?: boolean;
  readonly note?: ReactNode;
}

export function Figure({ name, value, now, before, isLossWhenUp = false, note }: Props) {
  const { t } = useTranslation();
  return (
    <div className="figure">
      <div className="figure-name">
        {t(`figure.${name}.name`)}
        <Definition text={t(`figure.${name}.definition`)} />
      </div>
      <div className="figure-value">{value}</div>
      <div className="figure-note">
        {now !== undefined && before !== undefined ? (
          <Change now={now} before={before} isLossWhenUp={isLossWhenUp} />
        ) : (
          note
        )}
      </div>
    </div>
  );
}

function Change({ now, before, isLossWhenUp }: { now: number; before: number; isLossWhenUp: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (before === 0) return <span>{t('figureChange.nothingBefore')}</span>;
  const share = (now - before) / before;
  if (share === 0) return <span>{t('figureChange.same')}</span>;
  const isUp = share > 0;
  return (
    <span>
      <span className={isUp === isLossWhenUp ? 'change-bad' : 'change-good'}>
        {isUp ? <ArrowUpOutlined /> : <ArrowDownOutlined />} {format.percent(Math.abs(share))}
      </span>{' '}
      {t('figureChange.toBefore')}
    </span>
  );
}
