import {
  CheckCircleFilled,
  CloseCircleFilled,
  DownloadOutlined,
  InboxOutlined,
  PrinterOutlined,
} from '@ant-design/icons';
import { Link } from '@tanstack/react-router';
import { Alert, Button, Result, Table, Upload } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { importCodes } from '#contract/acquisition';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { useWriting } from '~/components/writing';
import { textOr } from '~/i18n/index';

type Trial = Output<typeof importCodes>;

const columns = ['name', 'source', 'staff', 'folder', 'tags', 'hook', 'welcome', 'daily_limit'] as const;
const sample = [
  columns.join(','),
  '南京路店,门店,zhangsan|lisi,门店,到店,到店礼,"{{customer_name}}，欢迎来到南京路店！",50',
  '包装盒卡片,包装,wangwu,,,,,',
].join('\r\n');

/** Spreadsheets in Chinese often save as GB18030; what is not valid UTF-8 is read as that. */
async function readText(file: File): Promise<string> {
  const bytes = await file.arrayBuffer();
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('gb18030').decode(bytes);
  }
}

/** 'unknown: zhangsan' is a rule with the value that broke it. */
function problemText(problem: string): string {
  const [rule = '', ...value] = problem.split(': ');
  const text = textOr(`problem.${rule}`, rule);
  return value.length === 0 ? text : `${text}: ${value.join(': ')}`;
}

export default function ImportCodesPage(): ReactNode {
  const { t } = useTranslation();
  const [csv, setCsv] = useState<string | null>(null);
  const [fileName, setFileName] = useState('');
  const [trial, setTrial] = useState<Trial | null>(null);
  const [createdIds, setCreatedIds] = useState<readonly number[] | null>(null);
  const checking = useWriting(importCodes, { onDone: setTrial });
  const creating = useWriting(importCodes, {
    onDone: (answer) => {
      if (answer.createdIds.length === 0) setTrial(answer);
      else setCreatedIds(answer.createdIds);
    },
  });

  async function read(file: File) {
    setTrial(null);
    const text = await readText(file);
    setFileName(file.name);
    setCsv(text);
    checking.mutate({ csv: text, dryRun: true });
  }

  if (createdIds !== null) {
    return (
      <div className="page">
        <PageHeader title={t('code.import')} backTo="/codes" />
        <Panel>
          <Result
            status="success"
            title={t('import.created', { n: createdIds.length })}
            subTitle={t('import.createdHint')}
            extra={[
              <Link key="print" to="/codes/print" search={{ ids: createdIds.slice(0, 100) }}>
                <Button icon={<PrinterOutlined />}>{t('code.print')}</Button>
              </Link>,
              <Link key="list" to="/codes">
                <Button type="primary">{t('import.toList')}</Button>
              </Link>,
            ]}
          />
        </Panel>
      </div>
    );
  }

  const badCount = trial?.rows.filter((row) => row.problems.length > 0).length ?? 0;
  return (
    <div className="page">
      <PageHeader title={t('code.import')} subtitle={t('import.subtitle')} backTo="/codes" />
      <div className="stack-large">
        <Panel
          title={t('import.file')}
          extra={
            // The mark at the start tells spreadsheets that the file is UTF-8.
            <a href={`data:text/csv;charset=utf-8,%EF%BB%BF${encodeURIComponent(sample)}`} download="siyu-codes.csv">
              <DownloadOutlined /> {t('import.sample')}
            </a>
          }
        >
          <Upload.Dragger
            accept=".csv,text/csv"
            showUploadList={false}
            beforeUpload={(file) => {
              void read(file);
              return false;
            }}
          >
            <p className="upload-icon">
              <InboxOutlined />
            </p>
            <p>{fileName === '' ? t('import.drop') : fileName}</p>
            <p className="muted">{t('import.columns')}</p>
          </Upload.Dragger>
          <dl className="column-meanings">
            {columns.map((column) => (
              <div key={column}>
                <dt className="mono">{column}</dt>
                <dd>{t(`import.column.${column}`)}</dd>
              </div>
            ))}
          </dl>
        </Panel>
        {trial !== null && (
          <Panel
            isFlush
            title={t('import.trial')}
            extra={
              <Button
                type="primary"
                disabled={badCount > 0 || trial.rows.length === 0}
                loading={creating.isPending}
                onClick={() => csv !== null && creating.mutate({ csv, dryRun: false })}
              >
                {t('import.create', { n: trial.rows.length })}
              </Button>
            }
          >
            <div className="panel-note">
              <Alert
                type={badCount > 0 ? 'error' : 'success'}
                showIcon
                title={badCount > 0 ? t('import.bad', { n: badCount }) : t('import.good', { n: trial.rows.length })}
              />
            </div>
            <Table
              rowKey="line"
              size="small"
              pagination={trial.rows.length > 100 ? { pageSize: 100 } : false}
              // Lines with problems come first: they are what is to be mended.
              dataSource={trial.rows.toSorted((a, b) => b.problems.length - a.problems.length || a.line - b.line)}
              columns={[
                { title: t('import.line'), dataIndex: 'line', width: 80 },
                { title: t('common.name'), dataIndex: 'name' },
                {
                  title: t('import.outcome'),
                  key: 'problems',
                  render: (_, row) =>
                    row.problems.length === 0 ? (
                      <span className="good">
                        <CheckCircleFilled /> {t('import.fine')}
                      </span>
                    ) : (
                      <ul className="problem-list">
                        {row.problems.map(({ column, problem }) => (
                          <li key={`${column}:${problem}`}>
                            <CloseCircleFilled /> <span className="mono">{column}</span> {problemText(problem)}
                          </li>
                        ))}
                      </ul>
                    ),
                },
              ]}
            />
          </Panel>
        )}
      </div>
    </div>
  );
}
