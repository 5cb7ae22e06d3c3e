import { CheckCircleFilled } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { listCodes } from '#contract/acquisition';
import { getConnection } from '#contract/wecom';
import { useCan } from '~/app/session';
import { reading } from '~/call';
import { Panel } from '~/components/panel';

/** The way from nothing to the first customer, with what is already done ticked off. */
export function FirstSteps() {
  const { t } = useTranslation();
  const can = useCan();
  const { data: connection } = useQuery({ ...reading(getConnection, {}), enabled: can('connection.manage') });
  const { data: codes } = useQuery(reading(listCodes, { limit: 1 }));
  const isConnected = connection !== undefined && connection !== null;
  const hasCode = (codes?.rows.length ?? 0) > 0;
  const firstCode = codes?.rows[0];

  return (
    <Panel title={t('firstSteps.title')}>
      <p className="muted">{t('firstSteps.intro')}</p>
      <ol className="steps">
        <Step
          number={1}
          isDone={isConnected}
          title={t('firstSteps.connect')}
          hint={t('firstSteps.connectHint')}
          action={
            can('connection.manage') && (
              <Link to="/wecom/connection">
                <Button type={isConnected ? 'default' : 'primary'}>{t('menu.connection')}</Button>
              </Link>
            )
          }
        />
        <Step
          number={2}
          isDone={hasCode}
          title={t('firstSteps.code')}
          hint={t('firstSteps.codeHint')}
          action={
            can('code.write') && (
              <Link to="/codes/new">
                <Button type={isConnected && !hasCode ? 'primary' : 'default'}>{t('code.new')}</Button>
              </Link>
            )
          }
        />
        <Step
          number={3}
          isDone={false}
          title={t('firstSteps.scan')}
          hint={t('firstSteps.scanHint')}
          action={
            firstCode && (
              <Link to="/codes/$id" params={{ id: String(firstCode.id) }}>
                <Button type="primary">{t('firstSteps.showCode')}</Button>
              </Link>
            )
          }
        />
      </ol>
    </Panel>
  );
}

interface StepProps {
  readonly number: number;
  readonly isDone: boolean;
  readonly title: string;
  readonly hint: string;
  readonly action: ReactNode;
}

function Step({ number, isDone, title, hint, action }: StepProps) {
  return (
    <li className={isDone ? 'step step-done' : 'step'}>
      <span className="step-number">{isDone ? <CheckCircleFilled /> : number}</span>
      <span className="step-text">
        <strong>{title}</strong>
        <span className="muted">{hint}</span>
      </span>
      <span>{action}</span>
    </li>
  );
}
