import { CheckCircleFilled, CloseCircleFilled, QuestionCircleFilled } from '@ant-design/icons';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Select, Skeleton, Tag } from 'antd';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { listCustomers } from '#contract/customers';
import { type Condition, explainCustomer, explainSegment } from '#contract/segments';
import { useCan } from '~/app/session';
import { reading } from '~/call';
import { ErrorNotice } from '~/components/error-notice';
import { Definition, Panel } from '~/components/panel';
import { TableOrCards } from '~/components/table-or-cards';
import { useFormat } from '~/format';
import { textOr } from '~/i18n/index';
import { CustomerLink } from '~/pages/scores/customer-link';
import { useWords } from './words';

type Verdict = Output<typeof explainCustomer>['verdict'];

/** The part of a rule that a path leads to. Paths may go on into the rule of another segment: there is no part there. */
function partAt(tree: Condition, path: readonly number[]): Condition | undefined {
  return path.reduce<Condition | undefined>((part, index) => {
    if (part === undefined || !('of' in part)) return undefined;
    return part.kind === 'not' ? (index === 0 ? part.of : undefined) : part.of[index];
  }, tree);
}

export function ExplainParts({ tree }: { tree: Condition }) {
  const { t } = useTranslation();
  const format = useFormat();
  const words = useWords(tree);
  const { data, error } = useQuery({ ...reading(explainSegment, { tree }), staleTime: 30_000 });
  const largest = Math.max(1, ...(data?.parts.map((part) => part.removed) ?? []));
  const share = (count: number) => (data && data.total > 0 ? count / data.total : 0);
  if (tree.kind !== 'all') return null;
  return (
    <Panel title={t('segment.explain')} definition={t('segment.explainDefinition')} isFlush>
      {error && data === undefined ? (
        <div className="panel-body">
          <ErrorNotice error={error} />
        </div>
      ) : (
        <TableOrCards
          keyOf={(part) => part.path.join('.')}
          rows={data?.parts ?? []}
          isLoading={data === undefined}
          rowTestId="explain-part"
          columns={[
            {
              title: t('segment.explainCondition'),
              key: 'condition',
              render: (_, part) => {
                const condition = partAt(tree, part.path);
                return <span className="wrap-cell">{condition && words.say(condition)}</span>;
              },
            },
            {
              title: (
                <>
                  {t('segment.explainYes')} · {t('segment.explainNo')} · {t('segment.explainUnknown')}
                  <Definition text={t('segment.explainUnknownHint')} />
                </>
              ),
              key: 'split',
              render: (_, part) => (
                <span className="verdict-split">
                  <span className="verdict-bar" aria-hidden>
                    <span className="verdict-yes" style={{ width: `${share(part.yes) * 100}%` }} />
                    <span className="verdict-no" style={{ width: `${share(part.no) * 100}%` }} />
                    <span className="verdict-unknown" style={{ width: `${share(part.unknown) * 100}%` }} />
                  </span>
                  <span className="muted small">
                    {[part.yes, part.no, part.unknown].map(format.number).join(' · ')}
                  </span>
                </span>
              ),
            },
            {
              title: t('segment.explainRemoved'),
              key: 'removed',
              align: 'right',
              render: (_, part) => (
                <span className="removed">
                  <span className="bar-track">
                    <span className="bar-part" style={{ width: `${(part.removed / largest) * 100}%` }} />
                  </span>
                  <strong>+{format.number(part.removed)}</strong>
                </span>
              ),
            },
          ]}
        />
      )}
    </Panel>
  );
}

/** Each condition for one customer, with what was seen. */
export function WhyCustomer({ tree }: { tree: Condition }) {
  const { t } = useTranslation();
  const can = useCan();
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState<{ id: number; name: string }>();
  const search = useDeferredValue(typed.trim());
  const found = useQuery({
    ...reading(listCustomers, { ...(search === '' ? {} : { search }), limit: 20 }),
    enabled: can('customer.read'),
    placeholderData: keepPreviousData,
  });
  const rows = (found.data?.rows ?? []).map((row) => ({
    value: row.id,
    label: row.name ?? t('customer.nameless'),
    remark: row.remark,
  }));
  return (
    <Panel title={t('segment.why')} definition={t('segment.whyDefinition')}>
      <Select<number | null>
        className="full-width"
        aria-label={t('segment.whyPick')}
        placeholder={t('segment.whyPick')}
        value={chosen?.id ?? null}
        onChange={(id) => {
          const row = rows.find(({ value }) => value === id);
          setChosen(row && { id: row.value, name: row.label });
        }}
        options={[
          ...(chosen && !rows.some(({ value }) => value === chosen.id)
            ? [{ value: chosen.id, label: chosen.name, remark: null }]
            : []),
          ...rows,
        ]}
        optionRender={({ data }) => (
          <span>
            {data.label} <span className="muted small">#{data.value}</span>
            {data.remark && data.remark !== data.label && <span className="muted small"> · {data.remark}</span>}
          </span>
        )}
        showSearch={{ filterOption: false, onSearch: setTyped }}
        loading={found.isFetching}
        data-testid="why-pick"
      />
      {chosen === undefined ? (
        <p className="field-hint">{t('segment.whyHint')}</p>
      ) : (
        <Why key={chosen.id} tree={tree} customer={chosen} />
      )}
    </Panel>
  );
}

const colours: Readonly<Record<Verdict, string>> = { yes: 'success', no: 'default', unknown: 'warning' };

function Why({ tree, customer }: { tree: Condition; customer: { id: number; name: string } }) {
  const { t } = useTranslation();
  const format = useFormat();
  const words = useWords(tree);
  const seenText = useSeenText(words.names, words.scoreValue);
  const { data, error } = useQuery(reading(explainCustomer, { tree, customerId: customer.id }));
  if (data === undefined) return error ? <ErrorNotice error={error} /> : <Skeleton active title={false} />;
  const lines = data.lines.flatMap((line) => {
    const condition = partAt(tree, line.path);
    return condition === undefined ? [] : [{ ...line, condition }];
  });
  return (
    <div className="why" data-testid="why">
      <p className="why-verdict">
        <CustomerLink id={customer.id} name={customer.name} />{' '}
        <Tag color={colours[data.verdict]}>{t(`segment.whyVerdict.${data.verdict}`)}</Tag>
      </p>
      <ul className="why-lines">
        {lines.map(({ path, verdict, condition, seen }) => (
          <li key={path.join('.')} style={{ paddingLeft: path.length * 18 }}>
            <VerdictIcon verdict={verdict} />
            <span className="why-text">
              {'of' in condition ? (
                <span className="muted">
                  {condition.kind === 'not' ? t('rule.not') : t(`rule.joint.${condition.kind}`)}
                </span>
              ) : (
                <>
                  {words.leafText(condition)}
                  <span className="muted small">{t('segment.whySeen', { value: seenText(condition, seen) })}</span>
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
      {data.changesAt !== null && (
        <p className="muted small">{t('segment.whyChanges', { time: format.time(data.changesAt) })}</p>
      )}
    </div>
  );
}

function VerdictIcon({ verdict }: { verdict: Verdict }) {
  const { t } = useTranslation();
  const label = t(`segment.verdict.${verdict}`);
  if (verdict === 'yes') return <CheckCircleFilled className="verdict-icon-yes" aria-label={label} title={label} />;
  if (verdict === 'no') return <CloseCircleFilled className="verdict-icon-no" aria-label={label} title={label} />;
  return <QuestionCircleFilled className="verdict-icon-unknown" aria-label={label} title={label} />;
}

const isoTime = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

/** What a condition saw, as a reader knows it: names for numbers, times in the brand's zone, money in its currency. */
function useSeenText(
  names: ReturnType<typeof useWords>['names'],
  scoreValue: ReturnType<typeof useWords>['scoreValue'],
) {
  const { t } = useTranslation();
  const format = useFormat();

  function plain(value: unknown): string {
    if (value === null || value === undefined || value === '') return t('segment.nothingSeen');
    if (typeof value === 'boolean') return t(value ? 'common.yes' : 'common.no');
    if (typeof value === 'number') return format.decimal(value);
    if (typeof value === 'string') return isoTime.test(value) ? format.time(value) : value;
    if (Array.isArray(value)) {
      if (value.length === 0) return t('segment.nothingSeen');
      const more = value.length > 3 ? ` … (${value.length})` : '';
      return format.list(value.slice(0, 3).map(plain)) + more;
    }
    return Object.values(value)
      .filter((part) => part !== null)
      .map(plain)
      .join(' · ');
  }

  return (condition: Condition, seen: unknown): string => {
    if (condition.kind === 'tag' && Array.isArray(seen)) return plain(seen.map((id) => names.tag(Number(id))));
    if (condition.kind === 'code' && typeof seen === 'number') return names.code(seen);
    if (condition.kind === 'rfm' && typeof seen === 'string') return names.rfm(seen);
    if (condition.kind === 'source' && typeof seen === 'string') return textOr(`source.${seen}`, seen);
    if (condition.kind === 'gender' && typeof seen === 'string') return textOr(`customer.genders.${seen}`, seen);
    if (condition.kind === 'account_kind' && typeof seen === 'string') return textOr(`customer.kind.${seen}`, seen);
    if (condition.kind === 'score' && typeof seen === 'number') return scoreValue(condition.field)(seen);
    if (condition.kind === 'order' && condition.measure !== 'count' && typeof seen === 'number')
      return format.money(Math.round(seen), condition.currency);
    if (condition.kind === 'top' && condition.by.of === 'score' && typeof seen === 'number')
      return scoreValue(condition.by.field)(seen);
    if (condition.kind === 'top' && condition.by.of === 'order_total' && typeof seen === 'number')
      return format.money(seen, condition.by.currency);
    if (condition.kind === 'bucket' && typeof seen === 'number') return format.percent(seen / 10_000);
    if (condition.kind === 'follow' && Array.isArray(seen)) {
      return plain(
        seen.map((follow: Record<string, unknown>) => {
          const at = follow.addedAt ?? follow.added_at;
          return [
            typeof follow.state === 'string' ? textOr(`follow.state.${follow.state}`, follow.state) : undefined,
            typeof at === 'string' ? format.time(at) : undefined,
          ]
            .filter((part) => part !== undefined)
            .join(' ');
        }),
      );
    }
    return plain(seen);
  };
}
