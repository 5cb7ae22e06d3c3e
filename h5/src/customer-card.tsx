import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { reading } from '#console/call';
import type { Output } from '#contract';
import { listOrders } from '#contract/commerce';
import { getCustomer, listAttributes, listTimeline } from '#contract/customers';
import { countTasks, listTasks } from '#contract/tasks';
import { getAttention } from '#contract/touch';
import { useFormat } from './format';
import { textOr } from './i18n/index';
import { Avatar, Problem, Section, useCustomerName, Waiting } from './parts';
import { Scripts } from './scripts';
import { useSession } from './session';
import { TaskCard } from './task-card';

type Customer = Output<typeof getCustomer>;

/** A customer as his adviser needs him in a chat: who he is, what there is to do, what he bought, what happened. */
export function CustomerCard({ id }: { id: number }) {
  const { user } = useSession();
  const customer = useQuery(reading(getCustomer, { id }));
  if (customer.isError) return <Problem error={customer.error} onRetry={() => void customer.refetch()} />;
  if (customer.data === undefined) return <Waiting />;
  const own = customer.data.follows.find((follow) => follow.staffId === user?.staffId && follow.state === 'active');
  return (
    <>
      <Who customer={customer.data} />
      <CustomerTasks id={customer.data.id} />
      <Scripts customerId={customer.data.id} externalUserid={own?.externalUserid ?? null} />
      <Attention id={customer.data.id} />
      <Attributes customer={customer.data} />
      <Orders id={customer.data.id} />
      <Happened id={customer.data.id} />
    </>
  );
}

function Who({ customer }: { customer: Customer }) {
  const { t } = useTranslation();
  const format = useFormat();
  const nameOf = useCustomerName();
  const name = nameOf(customer);
  const follows = customer.follows.filter((follow) => follow.state === 'active');
  return (
    <div className="card customer">
      <div className="customer-head">
        <Avatar name={name} src={customer.avatar} size={60} />
        <div className="who-text">
          <b>{name}</b>
          {customer.remark !== null && customer.remark !== name && <span>{customer.remark}</span>}
          {customer.corpName !== null && <span>{customer.corpName}</span>}
        </div>
        {!customer.isActive && <span className="chip chip-late">{t('customer.gone')}</span>}
      </div>
      <div className="chips">
        {customer.allTags.length === 0 && <span className="muted small">{t('customer.noTags')}</span>}
        {customer.allTags.map((tag) => (
          <span key={tag.id} className="chip chip-tag">
            {tag.name}
          </span>
        ))}
      </div>
      <dl className="facts">
        <div className="fact">
          <dt>{t('customer.source')}</dt>
          <dd>
            {customer.code?.name ?? t(`customer.sourceKind.${customer.source}`)}
            <span className="muted">{format.date(customer.addedAt)}</span>
          </dd>
        </div>
        {follows.length > 0 && (
          <div className="fact">
            <dt>{t('customer.advisers')}</dt>
            <dd>
              {follows.map((follow) => (
                <span key={`${follow.staffId} ${follow.externalUserid}`}>
                  {t('customer.follow', { name: follow.staffName, day: format.date(follow.addedAt) })}
                </span>
              ))}
            </dd>
          </div>
        )}
      </dl>
    </div>
  );
}

function CustomerTasks({ id }: { id: number }) {
  const { t } = useTranslation();
  const tasks = useQuery(reading(listTasks, { customer: id, state: 'todo', limit: 20 }));
  const counts = useQuery(reading(countTasks, { whose: 'mine' }));
  if (!tasks.data || !counts.data) return null;
  return (
    <Section title={t('customer.tasks')}>
      {tasks.data.rows.length === 0 ? (
        <p className="muted small">{t('customer.noTasks')}</p>
      ) : (
        <ul className="cards">
          {tasks.data.rows.map((task) => (
            <TaskCard key={task.id} task={task} today={counts.data.today} isNameless />
          ))}
        </ul>
      )}
    </Section>
  );
}

/** What of his attention is left: for each kind of contact whether now is a good time, and why not. */
function Attention({ id }: { id: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data } = useQuery(reading(getAttention, { id }));
  if (!data) return null;
  const verdicts = data.verdicts.filter((one) => one.channel === 'staff_task');
  return (
    <Section title={t('customer.attention')}>
      <dl className="facts">
        {verdicts.map(({ category, verdict }) => (
          <div key={category} className="fact">
            <dt>{t(`task.category.${category}`)}</dt>
            <dd className={verdict.kind === 'allow' ? 'good' : ''}>
              {verdict.kind === 'allow'
                ? t('customer.allowed')
                : verdict.kind === 'defer'
                  ? t('customer.notBefore', { time: format.time(verdict.until) })
                  : t('customer.notNow')}
              {verdict.kind !== 'allow' && <span className="muted">{t(`touch.reason.${verdict.reason}`)}</span>}
            </dd>
          </div>
        ))}
        <div className="fact meters">
          {data.caps.map(({ cap, used }) => (
            <span key={JSON.stringify(cap)} className="meter">
              <span className="muted small">
                {t('customer.cap', { n: String(Math.round((cap.windowHours / 24) * 10) / 10) })}
                {cap.categories.length > 0 &&
                  ` · ${cap.categories.map((category) => t(`task.category.${category}`)).join(t('common.separator'))}`}
              </span>
              <meter min={0} max={cap.max} value={used} />
              <span className="small">
                {used} / {cap.max}
              </span>
            </span>
          ))}
        </div>
      </dl>
    </Section>
  );
}

function Attributes({ customer }: { customer: Customer }) {
  const { t } = useTranslation();
  const { data } = useQuery({ ...reading(listAttributes, {}), staleTime: 300_000 });
  if (customer.attributes.length === 0) return null;
  const names = new Map(data?.rows.map((row) => [row.key, row.name]));
  return (
    <Section title={t('customer.attributes')}>
      <dl className="facts">
        {customer.attributes.map((attribute) => (
          <div key={attribute.key} className="fact">
            <dt>{names.get(attribute.key) ?? attribute.key}</dt>
            <dd>{String(attribute.value)}</dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}

function Orders({ id }: { id: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data } = useQuery(reading(listOrders, { customer: id, limit: 3 }));
  if (!data) return null;
  return (
    <Section title={t('customer.orders')}>
      {data.rows.length === 0 && <p className="muted small">{t('customer.noOrders')}</p>}
      <ul className="lines">
        {data.rows.map((order) => (
          <li key={order.id} className="line">
            <span className="line-text">
              <b>{order.names.length > 0 ? order.names.join(t('common.separator')) : order.number}</b>
              <span className="muted small">
                {format.ago(order.orderedAt)} · {t(`customer.orderState.${order.state}`)}
                {order.refundedFen > 0 &&
                  ` · ${t('customer.refunded', { amount: format.money(order.refundedFen, order.currency) })}`}
              </span>
            </span>
            <b className="amount">{format.money(order.totalFen, order.currency)}</b>
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** What is said beside an event's name: the first that is there. */
function moreOf(details: Readonly<Record<string, unknown>>): string | undefined {
  const found = [details.text, details.name, details.segmentName, details.title, details.number].find(
    (value) => typeof value === 'string' && value !== '',
  );
  return found as string | undefined;
}

function Happened({ id }: { id: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data } = useQuery(reading(listTimeline, { id, limit: 8 }));
  if (!data) return null;
  return (
    <Section title={t('customer.timeline')}>
      {data.rows.length === 0 && <p className="muted small">{t('customer.noTimeline')}</p>}
      <ul className="timeline">
        {data.rows.map((entry) => (
          <li key={entry.id}>
            <span>{textOr(`eventName.${entry.name}`, entry.name)}</span>
            {moreOf(entry.details) !== undefined && <span className="muted small">{moreOf(entry.details)}</span>}
            <time className="muted small" dateTime={entry.at}>
              {format.ago(entry.at)}
            </time>
          </li>
        ))}
      </ul>
    </Section>
  );
}
