import {
  ApiOutlined,
  AppstoreOutlined,
  AuditOutlined,
  BranchesOutlined,
  CarryOutOutlined,
  CheckCircleOutlined,
  CommentOutlined,
  DatabaseOutlined,
  FileTextOutlined,
  FunnelPlotOutlined,
  GiftOutlined,
  HeartOutlined,
  HomeOutlined,
  IdcardOutlined,
  ImportOutlined,
  KeyOutlined,
  LineChartOutlined,
  LinkOutlined,
  MailOutlined,
  MergeOutlined,
  MessageOutlined,
  MobileOutlined,
  NodeIndexOutlined,
  NotificationOutlined,
  PictureOutlined,
  ProfileOutlined,
  QrcodeOutlined,
  SafetyOutlined,
  SendOutlined,
  ShoppingOutlined,
  SyncOutlined,
  TagsOutlined,
  TeamOutlined,
  UsergroupAddOutlined,
  UserSwitchOutlined,
  WechatWorkOutlined,
} from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Link, useRouterState } from '@tanstack/react-router';
import { Badge, Menu } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Permission } from '#contract';
import { countConflicts } from '#contract/customers';
import { reading } from '~/call';
import { useCan } from './session';

interface Entry {
  readonly to: string;
  readonly title: `menu.${MenuKey}`;
  readonly icon: ReactNode;
  readonly permission: Permission;
}

type MenuKey =
  | 'home'
  | 'codes'
  | 'defaultWelcome'
  | 'customers'
  | 'segments'
  | 'tags'
  | 'attributes'
  | 'groups'
  | 'contents'
  | 'scripts'
  | 'materials'
  | 'links'
  | 'orders'
  | 'products'
  | 'imports'
  | 'conflicts'
  | 'campaigns'
  | 'journeys'
  | 'touches'
  | 'packs'
  | 'policy'
  | 'tasks'
  | 'rfm'
  | 'purchaseModel'
  | 'relation'
  | 'sourceQuality'
  | 'staff'
  | 'sources'
  | 'users'
  | 'keys'
  | 'webhooks'
  | 'audit'
  | 'channels'
  | 'connection'
  | 'selfCheck'
  | 'reconciliation';

const top: Entry = { to: '/', title: 'menu.home', icon: <HomeOutlined />, permission: 'insight.read' };

/** Grouped as the loop runs: bring in, know and keep, measure, organise. */
const groups = [
  {
    title: 'menu.acquisition',
    entries: [
      { to: '/codes', title: 'menu.codes', icon: <QrcodeOutlined />, permission: 'code.read' },
      { to: '/default-welcome', title: 'menu.defaultWelcome', icon: <MessageOutlined />, permission: 'code.read' },
    ],
  },
  {
    title: 'menu.customerGroup',
    entries: [
      { to: '/customers', title: 'menu.customers', icon: <TeamOutlined />, permission: 'customer.read' },
      { to: '/segments', title: 'menu.segments', icon: <UsergroupAddOutlined />, permission: 'segment.read' },
      { to: '/tags', title: 'menu.tags', icon: <TagsOutlined />, permission: 'customer.read' },
      { to: '/attributes', title: 'menu.attributes', icon: <ProfileOutlined />, permission: 'customer.read' },
      { to: '/wecom/groups', title: 'menu.groups', icon: <WechatWorkOutlined />, permission: 'touch.read' },
      { to: '/tasks', title: 'menu.tasks', icon: <CarryOutOutlined />, permission: 'task.read' },
      { to: '/conflicts', title: 'menu.conflicts', icon: <MergeOutlined />, permission: 'customer.merge' },
    ],
  },
  {
    title: 'menu.contentGroup',
    entries: [
      { to: '/contents', title: 'menu.contents', icon: <FileTextOutlined />, permission: 'content.read' },
      { to: '/scripts', title: 'menu.scripts', icon: <CommentOutlined />, permission: 'content.read' },
      { to: '/materials', title: 'menu.materials', icon: <PictureOutlined />, permission: 'content.read' },
      { to: '/links', title: 'menu.links', icon: <LinkOutlined />, permission: 'content.read' },
    ],
  },
  {
    title: 'menu.reach',
    entries: [
      { to: '/campaigns', title: 'menu.campaigns', icon: <NotificationOutlined />, permission: 'campaign.read' },
      { to: '/packs', title: 'menu.packs', icon: <MobileOutlined />, permission: 'touch.read' },
      { to: '/journeys', title: 'menu.journeys', icon: <BranchesOutlined />, permission: 'journey.read' },
      { to: '/touches', title: 'menu.touches', icon: <SendOutlined />, permission: 'touch.read' },
      { to: '/touch-policy', title: 'menu.policy', icon: <SafetyOutlined />, permission: 'touch.read' },
    ],
  },
  {
    title: 'menu.commerce',
    entries: [
      { to: '/orders', title: 'menu.orders', icon: <ShoppingOutlined />, permission: 'order.read' },
      { to: '/products', title: 'menu.products', icon: <GiftOutlined />, permission: 'order.read' },
      { to: '/imports', title: 'menu.imports', icon: <ImportOutlined />, permission: 'import.run' },
    ],
  },
  {
    title: 'menu.insights',
    entries: [
      { to: '/scores/rfm', title: 'menu.rfm', icon: <AppstoreOutlined />, permission: 'insight.read' },
      { to: '/scores/purchases', title: 'menu.purchaseModel', icon: <LineChartOutlined />, permission: 'insight.read' },
      { to: '/scores/relation', title: 'menu.relation', icon: <HeartOutlined />, permission: 'insight.read' },
      { to: '/scores/sources', title: 'menu.sourceQuality', icon: <FunnelPlotOutlined />, permission: 'insight.read' },
    ],
  },
  {
    title: 'menu.organization',
    entries: [
      { to: '/staff', title: 'menu.staff', icon: <IdcardOutlined />, permission: 'staff.read' },
      { to: '/channels', title: 'menu.channels', icon: <MailOutlined />, permission: 'connection.manage' },
      { to: '/wecom/connection', title: 'menu.connection', icon: <ApiOutlined />, permission: 'connection.manage' },
      { to: '/wecom/self-check', title: 'menu.selfCheck', icon: <CheckCircleOutlined />, permission: 'health.read' },
      { to: '/wecom/reconciliation', title: 'menu.reconciliation', icon: <SyncOutlined />, permission: 'sync.run' },
      { to: '/sources', title: 'menu.sources', icon: <DatabaseOutlined />, permission: 'source.manage' },
      { to: '/users', title: 'menu.users', icon: <UserSwitchOutlined />, permission: 'user.manage' },
      { to: '/keys', title: 'menu.keys', icon: <KeyOutlined />, permission: 'key.manage' },
      { to: '/webhooks', title: 'menu.webhooks', icon: <NodeIndexOutlined />, permission: 'webhook.manage' },
      { to: '/audit', title: 'menu.audit', icon: <AuditOutlined />, permission: 'audit.read' },
    ],
  },
] as const satisfies readonly { title: `menu.${string}`; entries: readonly Entry[] }[];

const paths = [top, ...groups.flatMap((group): readonly Entry[] => group.entries)].map((entry) => entry.to);

export function MainMenu({ onChosen }: { onChosen?: () => void }) {
  const { t } = useTranslation();
  const can = useCan();
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  const selected = paths.find((path) => (path === '/' ? pathname === '/' : pathname.startsWith(path)));

  const item = (entry: Entry) => ({
    key: entry.to,
    icon: entry.icon,
    label: (
      <Link to={entry.to} className="menu-link">
        {t(entry.title)}
        {entry.to === '/conflicts' && <ConflictCount />}
      </Link>
    ),
  });
  const items = [
    ...(can(top.permission) ? [item(top)] : []),
    ...groups.flatMap((group) => {
      const children = group.entries.filter((entry) => can(entry.permission)).map(item);
      return children.length === 0
        ? []
        : [{ key: group.title, type: 'group' as const, label: t(group.title), children }];
    }),
  ];

  return (
    <Menu
      mode="inline"
      items={items}
      selectedKeys={selected === undefined ? [] : [selected]}
      onClick={() => onChosen?.()}
      className="main-menu"
    />
  );
}

/** How many conflicts wait; asked once a minute, and cheap to answer. */
function ConflictCount() {
  const { data } = useQuery({ ...reading(countConflicts, {}), staleTime: 30_000, refetchInterval: 60_000 });
  if (!data?.count) return null;
  return <Badge count={data.isExact ? data.count : `${data.count}+`} size="small" color="var(--ant-color-primary)" />;
}
