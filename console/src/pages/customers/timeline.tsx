import {
  BranchesOutlined,
  CloseCircleOutlined,
  EditOutlined,
  LinkOutlined,
  MergeOutlined,
  MessageOutlined,
  ProfileOutlined,
  QrcodeOutlined,
  RollbackOutlined,
  ShoppingOutlined,
  SwapOutlined,
  TagOutlined,
  UserAddOutlined,
  UserDeleteOutlined,
  UsergroupAddOutlined,
  WalletOutlined,
} from '@ant-design/icons';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Timeline as AntTimeline, Button, Skeleton } from 'antd';
import type { TFunction } from 'i18next';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { listTimeline } from '#contract/customers';
import { readingPages } from '~/call';
import { ErrorNotice } from '~/components/error-notice';
import { useMergedBy } from '~/components/told-by';
import { useFormat } from '~/format';
import { textOr } from '~/i18n/index';
import { iconOfTold, ToldProperties, useToldText } from './told-event';

type Entry = Output<typeof listTimeline>['rows'][number];

interface Line {
  readonly icon: ReactNode;
  readonly text: string;
  /** A second line: what was said, or why it was not. */
  readonly more?: string | undefined;
  readonly subject?: string | undefined;
}

function listed(value: unknown, t: TFunction): string {
  const items = Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  return items.join(t('common.separator'));
}

function words(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

type Money = (fen: number, currency: string) => string;

const orderIcons = {
  'order.placed': <ShoppingOutlined className="event-good" />,
  'order.paid': <WalletOutlined className="event-good" />,
  'order.refunded': <RollbackOutlined className="event-bad" />,
  'order.cancelled': <CloseCircleOutlined className="event-bad" />,
} as const;

function orderLine(name: keyof typeof orderIcons, details: Entry['details'], t: TFunction, money: Money): Line {
  const fen = Number(name === 'order.refunded' ? details.amountFen : details.totalFen);
  const amount = money(Number.isFinite(fen) ? fen : 0, words(details.currency) ?? 'CNY');
  const number = [words(details.shop), words(details.number)].filter(Boolean).join(' ');
  const key = name.slice('order.'.length) as 'placed' | 'paid' | 'refunded' | 'cancelled';
  return { icon: orderIcons[name], text: t(`orderEvent.${key}`, { amount, number }) };
}

/** A sentence for each of siyu's own events; undefined for what the brand's systems tell of. */
function lineOf(
  { name, staff: who, details }: Entry,
  t: TFunction,
  money: Money,
  mergedBy: (by: string) => string,
): Line | undefined {
  const staff = who?.name ?? t('follow.someStaff');
  switch (name) {
    case 'follow.added':
      return details.isHalf === true
        ? { icon: <UserAddOutlined />, text: t('event.followHalfAdded', { staff }) }
        : { icon: <UserAddOutlined className="event-good" />, text: t('event.followAdded', { staff }) };
    case 'follow.ended': {
      const icon = <UserDeleteOutlined className="event-bad" />;
      if (details.by === 'staff') return { icon, text: t('event.followEndedByStaff', { staff }) };
      if (details.by === 'transfer') return { icon: <SwapOutlined />, text: t('event.followTransferred', { staff }) };
      return { icon, text: t('event.followEndedByCustomer', { staff }) };
    }
    case 'follow.edited':
      return { icon: <EditOutlined />, text: t('event.followEdited', { staff }) };
    case 'follow.transfer_failed':
      return { icon: <SwapOutlined className="event-bad" />, text: t('event.followTransferFailed', { staff }) };
    case 'customer.tagged': {
      const [added, removed] = [listed(details.added, t), listed(details.removed, t)];
      const texts = [
        added === '' ? '' : t('event.tagsAdded', { tags: added }),
        removed === '' ? '' : t('event.tagsRemoved', { tags: removed }),
      ];
      return { icon: <TagOutlined />, text: texts.filter((text) => text !== '').join(' · ') || name };
    }
    case 'customer.remark_changed':
      return { icon: <EditOutlined />, text: t('event.remarkChanged', { staff }) };
    case 'customer.attributes_set':
      return { icon: <ProfileOutlined />, text: t('event.attributesSet') };
    case 'order.placed':
    case 'order.paid':
    case 'order.refunded':
    case 'order.cancelled':
      // Orders that siyu keeps; without their amount in fen it is a website's word of one.
      return typeof details.totalFen === 'number' ? orderLine(name, details, t, money) : undefined;
    case 'segment.entered':
    case 'segment.left': {
      const named = { name: words(details.segmentName) ?? `#${String(details.segmentId)}` };
      const isIn = name === 'segment.entered';
      return {
        icon: <UsergroupAddOutlined />,
        text: isIn ? t('event.segmentEntered', named) : t('event.segmentLeft', named),
      };
    }
    case 'journey.told':
      return {
        icon: <BranchesOutlined />,
        text: t('journey.toldTimeline', {
          journey: words(details.journeyName) ?? '',
          topic: words(details.topic) ?? '',
        }),
      };
    case 'link.opened':
      return {
        icon: <LinkOutlined />,
        text: t('event.linkOpened', { title: words(details.title) ?? `#${String(details.linkId)}` }),
        more: textOr(`linkSource.${String(details.kind)}`, ''),
      };
    case 'code.scanned':
      return { icon: <QrcodeOutlined />, text: t('event.codeScanned') };
    case 'touch.settled': {
      const isSent = details.state === 'submitted' || details.state === 'delivered';
      if (isSent) {
        return {
          icon: <MessageOutlined className="event-good" />,
          text: t('event.welcomeSent', { staff }),
          more: words(details.text),
        };
      }
      const state = textOr(`touch.state.${String(details.state)}`, String(details.state));
      return {
        icon: <CloseCircleOutlined className="event-bad" />,
        text: t('event.welcomeNotSent', { state }),
        more: textOr(`touch.reason.${String(details.reason)}`, words(details.reason) ?? ''),
      };
    }
    case 'customer.merged': {
      const gone = words(details.goneName) ?? `${t('customer.nameless')} #${String(details.goneId)}`;
      return {
        icon: <MergeOutlined />,
        text: t('told.mergedWith', { name: gone }),
        more: mergedBy(String(details.by)),
      };
    }
    case 'customer.parted':
      return {
        icon: <BranchesOutlined />,
        text: t('told.partedFrom', { id: String(details.fromId) }),
        more: mergedBy(String(details.by)),
      };
    default:
      return undefined;
  }
}

/** Everything known to have happened with one customer, newest first, by day. */
export function Timeline({ customerId }: { customerId: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const mergedBy = useMergedBy();
  const toldText = useToldText();
  const pages = useInfiniteQuery({ ...readingPages(listTimeline, { id: customerId }), refetchInterval: 15_000 });

  if (pages.isPending) return <Skeleton active />;
  if (pages.isError && pages.data === undefined) return <ErrorNotice error={pages.error} />;
  const days = Map.groupBy(
    pages.data.pages.flatMap((page) => page.rows),
    (entry) => format.dayOf(entry.at),
  );
  if (days.size === 0) return <p className="muted">{t('customer.noEvents')}</p>;

  return (
    <div className="timeline">
      {[...days].map(([day, entries]) => (
        <section key={day}>
          <h3 className="timeline-day">{format.fullDate(entries[0]?.at ?? day)}</h3>
          <AntTimeline
            items={entries.map((entry) => {
              const own = lineOf(entry, t, format.money, mergedBy);
              const line = own ?? { icon: iconOfTold(entry.name), ...toldText(entry.name, entry.details) };
              const content = <TimelineLine entry={entry} line={line} isTold={own === undefined} />;
              return { key: entry.id, icon: line.icon, content };
            })}
          />
        </section>
      ))}
      {pages.hasNextPage && (
        <Button loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          {t('common.loadMore')}
        </Button>
      )}
    </div>
  );
}

function TimelineLine({ entry, line, isTold }: { entry: Entry; line: Line; isTold: boolean }) {
  const format = useFormat();
  const beside = [entry.code?.name, entry.sourceName].filter((name) => name != null);
  return (
    <div className="timeline-line">
      <div className="timeline-text">
        <span title={entry.name}>{line.text}</span>
        {beside.length > 0 && <span className="muted"> · {beside.join(' · ')}</span>}
        {line.more !== undefined && line.more !== '' && <span className="timeline-more">{line.more}</span>}
        {isTold && <ToldProperties details={entry.details} subject={line.subject} />}
      </div>
      <time className="muted" dateTime={entry.at}>
        {format.clock(entry.at)}
      </time>
    </div>
  );
}
