import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Badge } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { listArrivals } from '#contract/web';
import { useCan } from '~/app/session';
import { reading } from '~/call';
import { ErrorNotice } from '~/components/error-notice';
import { Panel } from '~/components/panel';
import { useKindName } from '~/components/told-by';
import { useFormat } from '~/format';
import { iconOfTold, ToldProperties, useToldText } from '~/pages/customers/told-event';

type Arrival = Output<typeof listArrivals>['rows'][number];

/** What a source told just now, as siyu understood it. */
export function Arrivals({ sourceId }: { sourceId: number }) {
  const { t } = useTranslation();
  const { data, error } = useQuery({ ...reading(listArrivals, { id: sourceId }), refetchInterval: 3000 });
  return (
    <Panel
      title={
        <span className="live-title">
          <Badge status="processing" />
          {t('dataSource.live')}
        </span>
      }
      definition={t('dataSource.liveDefinition')}
    >
      {error && data === undefined && <ErrorNotice error={error} />}
      {data?.rows.length === 0 && (
        <div className="live-none">
          <strong>{t('dataSource.liveNone')}</strong>
          <p className="muted">{t('dataSource.liveNoneHint')}</p>
        </div>
      )}
      <ul className="live" aria-live="polite">
        {data?.rows.map((arrival, place) => (
          <ArrivalItem key={`${arrival.receivedAt} ${arrival.name} ${data.rows.length - place}`} arrival={arrival} />
        ))}
      </ul>
    </Panel>
  );
}

/** Told later than this after it happened, the moment is said too. */
const lateMs = 60_000;

function ArrivalItem({ arrival }: { arrival: Arrival }) {
  const { t } = useTranslation();
  const format = useFormat();
  const can = useCan();
  const kindName = useKindName();
  const toldText = useToldText();
  const isAboutPerson = arrival.name === 'person.identified';
  const { text } = isAboutPerson ? { text: t('dataSource.identified') } : toldText(arrival.name, arrival.details);
  const isLate = Date.parse(arrival.receivedAt) - Date.parse(arrival.occurredAt) > lateMs;
  return (
    <li data-testid="arrival">
      <span aria-hidden>{iconOfTold(arrival.name)}</span>
      <div className="timeline-text">
        <div className="live-head">
          <strong title={arrival.name}>{text}</strong>
          <time className="muted small" dateTime={arrival.receivedAt}>
            {format.clock(arrival.receivedAt)}
          </time>
        </div>
        <div className="muted small live-who">
          {kindName(arrival.account.kind)} <span className="mono">{arrival.account.value}</span>
          {' · '}
          {arrival.customerId === null
            ? t('dataSource.onItsWay')
            : can('customer.read') && (
                <Link to="/customers/$id" params={{ id: String(arrival.customerId) }}>
                  {t('dataSource.toCustomer')}
                </Link>
              )}
          {isLate && ` · ${t('dataSource.receivedLate', { time: format.time(arrival.occurredAt) })}`}
        </div>
        <ToldProperties details={arrival.details} />
      </div>
    </li>
  );
}
