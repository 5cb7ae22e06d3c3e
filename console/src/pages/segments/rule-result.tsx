import { EditOutlined, SaveOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { type Condition, countSegment, sampleSegment } from '#contract/segments';
import { useCan } from '~/app/session';
import { reading } from '~/call';
import { ErrorNotice } from '~/components/error-notice';
import { useFormat } from '~/format';
import { RuleSentence } from './editor';
import { SampleRows } from './sample';

/** As many as the server shows for a rule that is not saved. */
const shown = 100;

interface Props {
  readonly tree: Condition;
  readonly onEdit: () => void;
  readonly onClear: () => void;
}

/** The customers whom a rule selects, in place of the list. */
export function RuleResult({ tree, onEdit, onClear }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const can = useCan();
  const { data, error, refetch } = useQuery({
    ...reading(sampleSegment, { tree, limit: shown }),
    refetchInterval: 15_000,
  });
  const counted = useQuery({ ...reading(countSegment, { tree }), refetchInterval: 15_000 });
  const all = counted.data === undefined ? '…' : format.number(counted.data.count);
  const isCut = (counted.data?.count ?? 0) > shown;
  return (
    <>
      <div className="rule-shown" data-testid="rule-shown">
        <div>
          <RuleSentence tree={tree} />
          <strong>
            {isCut ? t('segment.byRuleShown', { all, n: format.number(shown) }) : t('segment.byRuleAll', { all })}
          </strong>
        </div>
        <div className="tags">
          <Button size="small" icon={<EditOutlined />} onClick={onEdit}>
            {t('common.edit')}
          </Button>
          {can('segment.write') && (
            <Link to="/segments/new" search={{ rule: JSON.stringify(tree) }}>
              <Button size="small" icon={<SaveOutlined />}>
                {t('segment.byRuleSave')}
              </Button>
            </Link>
          )}
          <Button size="small" type="link" onClick={onClear}>
            {t('common.clearFilters')}
          </Button>
        </div>
      </div>
      {error && data === undefined ? (
        <div className="panel-body">
          <ErrorNotice error={error} onRetry={() => void refetch()} />
        </div>
      ) : (
        <SampleRows rows={data?.rows} />
      )}
    </>
  );
}
