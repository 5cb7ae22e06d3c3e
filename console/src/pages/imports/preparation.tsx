import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Alert, Button, Checkbox, Form, Input, Select, Table } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { listAttributes } from '#contract/customers';
import {
  accountFields,
  dateForms,
  encodings,
  importFields,
  previewImport,
  separators,
  setImport,
  startImport,
} from '#contract/imports';
import { reading } from '~/call';
import { ErrorNotice } from '~/components/error-notice';
import { Panel } from '~/components/panel';
import { TableOrCards } from '~/components/table-or-cards';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import { textOr } from '~/i18n/index';
import { type Import, useMeaningText } from './parts';

type Settings = Import['settings'];
type Preview = Output<typeof previewImport>;

const separatorNames = { ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': 'bar' } as const;

/** Zones as the browser knows them; the reader's own and the usual ones are found by typing. */
const zones = Intl.supportedValuesOf('timeZone').map((zone) => ({ value: zone, label: zone }));

/** Before it starts: how the file is written, what its columns mean, and what would come of it. */
export function Preparation({ run }: { run: Import }) {
  const { t } = useTranslation();
  const format = useFormat();
  const preview = useQuery({ ...reading(previewImport, { id: run.id }), placeholderData: keepPreviousData });
  const saving = useWriting(setImport);
  const starting = useWriting(startImport);
  const settings: Settings = saving.isPending ? (saving.variables.settings as Settings) : run.settings;
  const change = (patch: Partial<Settings>) => saving.mutate({ id: run.id, settings: { ...run.settings, ...patch } });
  const hasErrors = preview.data?.findings.some((finding) => finding.kind === 'error') ?? true;
  const rejectedCount = preview.data ? preview.data.looked - preview.data.accepted : 0;

  return (
    <div className="stack-large">
      <Panel title={t('imports.columns')} isFlush>
        <Columns
          run={run}
          columns={settings.columns}
          preview={preview.data}
          onChange={(columns) => change({ columns })}
        />
      </Panel>
      <Panel title={t('imports.settings')}>
        <FileSettings run={run} settings={settings} onChange={change} />
      </Panel>
      <Panel
        isFlush
        title={t('imports.preview')}
        definition={t('imports.previewHint')}
        extra={
          <Button
            type="primary"
            disabled={hasErrors || preview.isFetching || preview.data?.accepted === 0}
            loading={starting.isPending || saving.isPending}
            onClick={() => starting.mutate({ id: run.id })}
          >
            {rejectedCount > 0 ? t('imports.startAnyway') : t('imports.start')}
          </Button>
        }
      >
        {preview.error && preview.data === undefined ? (
          <div className="panel-body">
            <ErrorNotice error={preview.error} />
          </div>
        ) : (
          preview.data && (
            <>
              <div className="panel-note stack">
                {preview.data.findings.map((finding) => (
                  <FindingNote key={`${finding.problem} ${finding.field}`} finding={finding} />
                ))}
                <Alert
                  type={rejectedCount > 0 ? 'warning' : 'success'}
                  showIcon
                  title={t('imports.previewCount', {
                    looked: format.number(preview.data.looked),
                    accepted: format.number(preview.data.accepted),
                  })}
                  description={
                    rejectedCount > 0 && (
                      <ul>
                        {Object.entries(preview.data.reasons).map(([reason, count]) => (
                          <li key={reason}>
                            {textOr(`imports.reason.${reason}`, reason)}: {format.number(count)}
                          </li>
                        ))}
                      </ul>
                    )
                  }
                />
              </div>
              <PreviewRows run={run} preview={preview.data} settings={settings} />
            </>
          )
        )}
      </Panel>
    </div>
  );
}

function FindingNote({ finding }: { finding: Preview['findings'][number] }) {
  const meaningText = useMeaningText();
  const text = textOr(`imports.finding.${finding.problem}`, finding.problem, { field: meaningText(finding.field) });
  return <Alert type={finding.kind} showIcon title={text} />;
}

function Columns({
  run,
  columns,
  preview,
  onChange,
}: {
  run: Import;
  columns: readonly string[];
  preview: Preview | undefined;
  onChange: (columns: string[]) => void;
}) {
  const { t } = useTranslation();
  const { data } = useQuery({ ...reading(listAttributes, {}), enabled: run.kind === 'customers' });
  const attributes = new Map((data?.rows ?? []).map((attribute) => [attribute.key, attribute.name]));
  const meaningText = useMeaningText(attributes);
  const accounts: readonly string[] = accountFields;
  const fields: readonly string[] = importFields[run.kind];
  const keep = { orders: 'detail', events: 'property', customers: undefined, tags: undefined }[run.kind];
  const optionsFor = (column: string) => {
    const name =
      keep === 'detail'
        ? column.replace(/\W/g, '').slice(0, 40)
        : column
            .trim()
            .replace(/[\s:]+/g, '_')
            .slice(0, 60);
    const mayKeep = keep !== undefined && (keep === 'detail' ? /^[A-Za-z]/.test(name) : name !== '');
    const option = (value: string) => ({ value, label: meaningText(value) });
    return [
      option('ignore'),
      { label: t('imports.groups.fields'), options: fields.filter((field) => !accounts.includes(field)).map(option) },
      { label: t('imports.groups.accounts'), options: fields.filter((field) => accounts.includes(field)).map(option) },
      ...(attributes.size > 0
        ? [
            {
              label: t('imports.groups.attributes'),
              options: [...attributes.keys()].map((key) => option(`attribute:${key}`)),
            },
          ]
        : []),
      ...(mayKeep
        ? [
            {
              label: t('imports.groups.keep'),
              options: [{ value: `${keep}:${name}`, label: t('imports.keepAs', { name }) }],
            },
          ]
        : []),
    ];
  };
  const rows = run.columns.map((column, i) => ({
    i,
    column,
    examples: [...new Set((preview?.rows ?? []).map((row) => row.cells[i] ?? '').filter((cell) => cell !== ''))].slice(
      0,
      3,
    ),
  }));

  return (
    <TableOrCards
      rows={rows}
      keyOf={(row) => row.i}
      columns={[
        {
          title: t('imports.column'),
          key: 'column',
          width: '24%',
          render: (_, row) => <strong className="break">{row.column || `#${row.i + 1}`}</strong>,
        },
        {
          title: t('imports.meaning'),
          key: 'meaning',
          width: 260,
          render: (_, row) => (
            <Select
              className="meaning-select"
              showSearch
              optionFilterProp="label"
              aria-label={`${t('imports.meaning')} ${row.column}`}
              value={columns[row.i] ?? 'ignore'}
              onChange={(meaning) => onChange(columns.map((other, i) => (i === row.i ? meaning : other)))}
              options={optionsFor(row.column)}
              labelRender={({ value }) => (
                <span className={value === 'ignore' ? 'muted' : ''}>{meaningText(String(value))}</span>
              )}
            />
          ),
        },
        {
          title: t('imports.example'),
          key: 'examples',
          render: (_, row) => <span className="muted import-examples">{row.examples.join('  ·  ')}</span>,
        },
      ]}
    />
  );
}

function FileSettings({
  run,
  settings,
  onChange,
}: {
  run: Import;
  settings: Settings;
  onChange: (patch: Partial<Settings>) => void;
}) {
  const { t } = useTranslation();
  const isOrders = run.kind === 'orders';
  return (
    <Form layout="vertical" className="import-settings">
      <Form.Item label={t('imports.encoding')}>
        <Select
          value={settings.encoding}
          onChange={(encoding) => onChange({ encoding })}
          options={encodings.map((value) => ({ value, label: value.toUpperCase() }))}
        />
      </Form.Item>
      <Form.Item label={t('imports.separator')}>
        <Select
          value={settings.separator}
          onChange={(separator) => onChange({ separator })}
          options={separators.map((value) => ({ value, label: t(`imports.separators.${separatorNames[value]}`) }))}
        />
      </Form.Item>
      {run.kind !== 'tags' && (
        <>
          <Form.Item label={t('imports.dateForm')}>
            <Select
              value={settings.dateForm}
              onChange={(dateForm) => onChange({ dateForm })}
              options={dateForms.map((value) => ({ value, label: t(`imports.dateForms.${value}`) }))}
            />
          </Form.Item>
          <Form.Item label={t('imports.zone')} extra={t('imports.zoneHint')}>
            <Select showSearch value={settings.zone} onChange={(zone) => onChange({ zone })} options={zones} virtual />
          </Form.Item>
        </>
      )}
      <Form.Item label={t('imports.shop')} extra={isOrders ? t('imports.shopHint') : undefined}>
        <LateInput value={settings.shop} onSave={(shop) => shop !== '' && onChange({ shop })} maxLength={60} />
      </Form.Item>
      {isOrders && (
        <>
          <Form.Item label={t('imports.currency')}>
            <Select
              showSearch
              value={settings.currency}
              onChange={(currency) => onChange({ currency })}
              options={Intl.supportedValuesOf('currency').map((value) => ({ value, label: value }))}
            />
          </Form.Item>
          <Form.Item label={t('imports.bookingPrefix')} extra={t('imports.bookingPrefixHint')}>
            <LateInput
              value={settings.bookingPrefix}
              onSave={(bookingPrefix) => onChange({ bookingPrefix })}
              maxLength={10}
            />
          </Form.Item>
          <Form.Item label={t('imports.decimalComma')}>
            <Checkbox
              checked={settings.decimalComma}
              onChange={(event) => onChange({ decimalComma: event.target.checked })}
            >
              1.234,50
            </Checkbox>
          </Form.Item>
          <Form.Item
            label={t('imports.serviceSkus')}
            extra={t('imports.serviceSkusHint')}
            className="import-settings-wide"
          >
            <Select
              mode="tags"
              value={settings.serviceSkus}
              onChange={(serviceSkus) => onChange({ serviceSkus })}
              tokenSeparators={[',', '，']}
            />
          </Form.Item>
        </>
      )}
      {run.kind === 'events' && (
        <Form.Item label={t('imports.event')} extra={t('imports.eventHint')}>
          <LateInput value={settings.event} onSave={(event) => onChange({ event })} maxLength={100} />
        </Form.Item>
      )}
      {run.kind === 'tags' && (
        <Form.Item label={t('imports.newTagGroup')} extra={t('imports.newTagGroupHint')}>
          <LateInput value={settings.newTagGroup} onSave={(newTagGroup) => onChange({ newTagGroup })} maxLength={30} />
        </Form.Item>
      )}
    </Form>
  );
}

/** Saves when it is left or entered, not with each letter: each change reads the file anew. */
function LateInput({
  value,
  onSave,
  maxLength,
}: {
  value: string;
  onSave: (value: string) => void;
  maxLength: number;
}) {
  const save = (text: string) => text.trim() !== value && onSave(text.trim());
  return (
    <Input
      key={value}
      defaultValue={value}
      maxLength={maxLength}
      onBlur={(event) => save(event.target.value)}
      onPressEnter={(event) => save(event.currentTarget.value)}
    />
  );
}

function PreviewRows({ run, preview, settings }: { run: Import; preview: Preview; settings: Import['settings'] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const meaningText = useMeaningText();
  const times = new Set(['ordered_at', 'occurred_at', 'refunded_at']);
  const amounts = new Set(['amountFen', 'totalFen', 'refundedFen']);
  const show = (field: string, value: string, understood: Readonly<Record<string, string>>) => {
    if (times.has(field)) return new Date(value).toLocaleString('sv-SE', { timeZone: settings.zone });
    if (amounts.has(field)) return format.money(Number(value), understood.currency ?? settings.currency);
    if (field === 'status') return textOr(`order.state.${value}`, value);
    if (field === 'gender') return textOr(`customer.genders.${value}`, value);
    if (field === 'service') return '✓';
    return value;
  };
  return (
    <Table
      rowKey="line"
      size="small"
      pagination={false}
      dataSource={preview.rows}
      rowClassName={(row) => (row.reason === null ? '' : 'preview-rejected')}
      columns={[
        { title: t('imports.line'), dataIndex: 'line', width: 64 },
        {
          title: t('imports.understood', { zone: settings.zone }),
          key: 'understood',
          render: (_, row) =>
            row.reason === null ? (
              <span className="preview-fields">
                {Object.entries(row.understood)
                  .filter(([field]) => field !== 'currency')
                  .map(([field, value]) => (
                    <span key={field}>
                      <span className="muted">{meaningText(field)}</span> {show(field, value, row.understood)}
                    </span>
                  ))}
              </span>
            ) : (
              <span>
                <strong className="preview-reason">
                  {row.field ? `${meaningText(row.field)}: ` : ''}
                  {textOr(`imports.reason.${row.reason}`, row.reason)}
                </strong>
                <span className="muted import-examples"> {row.cells.join(' · ')}</span>
              </span>
            ),
        },
      ]}
      footer={() => <span className="muted">{t('imports.about', { n: format.number(run.rowCount) })}</span>}
    />
  );
}
