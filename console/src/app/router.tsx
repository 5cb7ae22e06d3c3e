import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { z } from 'zod';
import type { Permission } from '#contract';
import { getSourceQuality } from '#contract/scores';
import { codeFilters, printFilters } from '~/pages/acquisition/filters';
import { campaignFilters, campaignView, newCampaignFilters } from '~/pages/campaigns/filters';
import { orderFilters, productFilters } from '~/pages/commerce/filters';
import {
  contentFilters,
  contentVersion,
  linkFilters,
  linkPeriod,
  materialFilters,
  scriptFilters,
} from '~/pages/content/filters';
import { customerSearch } from '~/pages/customers/filters';
import { newImportFilters } from '~/pages/imports/filters';
import { homeFilters } from '~/pages/insights/filters';
import { journeyFilters, journeyView } from '~/pages/journeys/filters';
import { auditFilters, staffFilters } from '~/pages/organization/filters';
import { newSegmentFilters, segmentFilters } from '~/pages/segments/filters';
import { taskFilters } from '~/pages/tasks/filters';
import { packFilters, touchFilters } from '~/pages/touch/filters';
import { deliveryFilters } from '~/pages/webhooks/filters';
import { groupFilters } from '~/pages/wecom/filters';
import { filtersIn, parseSearch, stringifySearch } from '~/search';
import { Layout } from './layout';
import { ErrorPage, MissingPage, WaitingPage } from './outcomes';
import { queryClient } from './queries';
import { sessionQuery } from './session';

export { queryClient };

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
  interface StaticDataRouteOption {
    /** Who may see the page; the layout shows a notice to the others. */
    permission?: Permission;
  }
}

const root = createRootRoute({ notFoundComponent: MissingPage, errorComponent: ErrorPage });

const session = () => queryClient.ensureQueryData(sessionQuery);

const signInFilters = filtersIn(z.object({ to: z.string().startsWith('/').optional() }));

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: signInFilters,
  beforeLoad: async ({ search }) => {
    const { user, needsSetup } = await session();
    if (user) throw redirect({ href: search.to ?? '/' });
    if (needsSetup) throw redirect({ to: '/setup' });
  },
  component: lazyRouteComponent(() => import('~/pages/organization/sign-in')),
});

const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  validateSearch: filtersIn(z.object({ token: z.string().optional() })),
  beforeLoad: async () => {
    const { needsSetup } = await session();
    if (!needsSetup) throw redirect({ to: '/sign-in' });
  },
  component: lazyRouteComponent(() => import('~/pages/organization/first-run')),
});

const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  beforeLoad: async ({ location }) => {
    const { user, needsSetup } = await session();
    if (needsSetup) throw redirect({ to: '/setup' });
    if (!user) throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { to: location.href } });
  },
  component: Layout,
});

const home = createRoute({
  getParentRoute: () => inside,
  path: '/',
  staticData: { permission: 'insight.read' },
  validateSearch: filtersIn(homeFilters),
  beforeLoad: async () => {
    const { permissions } = await session();
    if (!permissions.includes('insight.read')) throw redirect({ to: '/customers' });
  },
  component: lazyRouteComponent(() => import('~/pages/insights/home')),
});

const customers = createRoute({
  getParentRoute: () => inside,
  path: '/customers',
  staticData: { permission: 'customer.read' },
  validateSearch: filtersIn(customerSearch),
  component: lazyRouteComponent(() => import('~/pages/customers/list')),
});

const customer = createRoute({
  getParentRoute: () => inside,
  path: '/customers/$id',
  staticData: { permission: 'customer.read' },
  component: lazyRouteComponent(() => import('~/pages/customers/customer')),
});

const segments = createRoute({
  getParentRoute: () => inside,
  path: '/segments',
  staticData: { permission: 'segment.read' },
  validateSearch: filtersIn(segmentFilters),
  component: lazyRouteComponent(() => import('~/pages/segments/list')),
});

const newSegment = createRoute({
  getParentRoute: () => inside,
  path: '/segments/new',
  staticData: { permission: 'segment.write' },
  validateSearch: filtersIn(newSegmentFilters),
  component: lazyRouteComponent(() => import('~/pages/segments/new')),
});

const segmentLists = createRoute({
  getParentRoute: () => inside,
  path: '/segments/lists',
  staticData: { permission: 'segment.read' },
  component: lazyRouteComponent(() => import('~/pages/segments/lists')),
});

const segment = createRoute({
  getParentRoute: () => inside,
  path: '/segments/$id',
  staticData: { permission: 'segment.read' },
  component: lazyRouteComponent(() => import('~/pages/segments/segment')),
});

const editSegment = createRoute({
  getParentRoute: () => inside,
  path: '/segments/$id/edit',
  staticData: { permission: 'segment.write' },
  component: lazyRouteComponent(() => import('~/pages/segments/edit')),
});

const tags = createRoute({
  getParentRoute: () => inside,
  path: '/tags',
  staticData: { permission: 'customer.read' },
  component: lazyRouteComponent(() => import('~/pages/customers/tags')),
});

const attributes = createRoute({
  getParentRoute: () => inside,
  path: '/attributes',
  staticData: { permission: 'customer.read' },
  component: lazyRouteComponent(() => import('~/pages/customers/attributes')),
});

const conflicts = createRoute({
  getParentRoute: () => inside,
  path: '/conflicts',
  staticData: { permission: 'customer.merge' },
  component: lazyRouteComponent(() => import('~/pages/customers/conflicts')),
});

const codes = createRoute({
  getParentRoute: () => inside,
  path: '/codes',
  staticData: { permission: 'code.read' },
  validateSearch: filtersIn(codeFilters),
  component: lazyRouteComponent(() => import('~/pages/acquisition/list')),
});

const newCode = createRoute({
  getParentRoute: () => inside,
  path: '/codes/new',
  staticData: { permission: 'code.write' },
  component: lazyRouteComponent(() => import('~/pages/acquisition/new')),
});

const importCodes = createRoute({
  getParentRoute: () => inside,
  path: '/codes/import',
  staticData: { permission: 'code.write' },
  component: lazyRouteComponent(() => import('~/pages/acquisition/import')),
});

const printCodes = createRoute({
  getParentRoute: () => inside,
  path: '/codes/print',
  staticData: { permission: 'code.read' },
  validateSearch: filtersIn(printFilters),
  component: lazyRouteComponent(() => import('~/pages/acquisition/print')),
});

const code = createRoute({
  getParentRoute: () => inside,
  path: '/codes/$id',
  staticData: { permission: 'code.read' },
  component: lazyRouteComponent(() => import('~/pages/acquisition/code')),
});

const editCode = createRoute({
  getParentRoute: () => inside,
  path: '/codes/$id/edit',
  staticData: { permission: 'code.write' },
  component: lazyRouteComponent(() => import('~/pages/acquisition/edit')),
});

const defaultWelcome = createRoute({
  getParentRoute: () => inside,
  path: '/default-welcome',
  staticData: { permission: 'code.read' },
  component: lazyRouteComponent(() => import('~/pages/acquisition/default-welcome')),
});

const rfm = createRoute({
  getParentRoute: () => inside,
  path: '/scores/rfm',
  staticData: { permission: 'insight.read' },
  component: lazyRouteComponent(() => import('~/pages/scores/rfm')),
});

const purchaseModel = createRoute({
  getParentRoute: () => inside,
  path: '/scores/purchases',
  staticData: { permission: 'insight.read' },
  component: lazyRouteComponent(() => import('~/pages/scores/purchases')),
});

const relation = createRoute({
  getParentRoute: () => inside,
  path: '/scores/relation',
  staticData: { permission: 'insight.read' },
  component: lazyRouteComponent(() => import('~/pages/scores/relation')),
});

const sourceQuality = createRoute({
  getParentRoute: () => inside,
  path: '/scores/sources',
  staticData: { permission: 'insight.read' },
  validateSearch: filtersIn(getSourceQuality.input.partial()),
  component: lazyRouteComponent(() => import('~/pages/scores/sources')),
});

const touches = createRoute({
  getParentRoute: () => inside,
  path: '/touches',
  staticData: { permission: 'touch.read' },
  validateSearch: filtersIn(touchFilters),
  component: lazyRouteComponent(() => import('~/pages/touch/list')),
});

const packs = createRoute({
  getParentRoute: () => inside,
  path: '/packs',
  staticData: { permission: 'touch.read' },
  validateSearch: filtersIn(packFilters),
  component: lazyRouteComponent(() => import('~/pages/touch/packs')),
});

const touchPolicy = createRoute({
  getParentRoute: () => inside,
  path: '/touch-policy',
  staticData: { permission: 'touch.read' },
  component: lazyRouteComponent(() => import('~/pages/touch/policy')),
});

const tasks = createRoute({
  getParentRoute: () => inside,
  path: '/tasks',
  staticData: { permission: 'task.read' },
  validateSearch: filtersIn(taskFilters),
  component: lazyRouteComponent(() => import('~/pages/tasks/tasks')),
});

const contents = createRoute({
  getParentRoute: () => inside,
  path: '/contents',
  staticData: { permission: 'content.read' },
  validateSearch: filtersIn(contentFilters),
  component: lazyRouteComponent(() => import('~/pages/content/list')),
});

const newContent = createRoute({
  getParentRoute: () => inside,
  path: '/contents/new',
  staticData: { permission: 'content.write' },
  component: lazyRouteComponent(() => import('~/pages/content/new')),
});

const contentPage = createRoute({
  getParentRoute: () => inside,
  path: '/contents/$id',
  staticData: { permission: 'content.read' },
  component: lazyRouteComponent(() => import('~/pages/content/content')),
});

const editContent = createRoute({
  getParentRoute: () => inside,
  path: '/contents/$id/edit',
  staticData: { permission: 'content.write' },
  validateSearch: filtersIn(contentVersion),
  component: lazyRouteComponent(() => import('~/pages/content/edit')),
});

const scripts = createRoute({
  getParentRoute: () => inside,
  path: '/scripts',
  staticData: { permission: 'content.read' },
  validateSearch: filtersIn(scriptFilters),
  component: lazyRouteComponent(() => import('~/pages/content/scripts')),
});

const materials = createRoute({
  getParentRoute: () => inside,
  path: '/materials',
  staticData: { permission: 'content.read' },
  validateSearch: filtersIn(materialFilters),
  component: lazyRouteComponent(() => import('~/pages/content/materials')),
});

const links = createRoute({
  getParentRoute: () => inside,
  path: '/links',
  staticData: { permission: 'content.read' },
  validateSearch: filtersIn(linkFilters),
  component: lazyRouteComponent(() => import('~/pages/content/links')),
});

const link = createRoute({
  getParentRoute: () => inside,
  path: '/links/$id',
  staticData: { permission: 'content.read' },
  validateSearch: filtersIn(linkPeriod),
  component: lazyRouteComponent(() => import('~/pages/content/link')),
});

const journeys = createRoute({
  getParentRoute: () => inside,
  path: '/journeys',
  staticData: { permission: 'journey.read' },
  validateSearch: filtersIn(journeyFilters),
  component: lazyRouteComponent(() => import('~/pages/journeys/list')),
});

const journey = createRoute({
  getParentRoute: () => inside,
  path: '/journeys/$id',
  staticData: { permission: 'journey.read' },
  validateSearch: filtersIn(journeyView),
  component: lazyRouteComponent(() => import('~/pages/journeys/journey')),
});

const editJourney = createRoute({
  getParentRoute: () => inside,
  path: '/journeys/$id/edit',
  staticData: { permission: 'journey.write' },
  component: lazyRouteComponent(() => import('~/pages/journeys/edit')),
});

const campaigns = createRoute({
  getParentRoute: () => inside,
  path: '/campaigns',
  staticData: { permission: 'campaign.read' },
  validateSearch: filtersIn(campaignFilters),
  component: lazyRouteComponent(() => import('~/pages/campaigns/list')),
});

const newCampaign = createRoute({
  getParentRoute: () => inside,
  path: '/campaigns/new',
  staticData: { permission: 'campaign.write' },
  validateSearch: filtersIn(newCampaignFilters),
  component: lazyRouteComponent(() => import('~/pages/campaigns/new')),
});

const campaign = createRoute({
  getParentRoute: () => inside,
  path: '/campaigns/$id',
  staticData: { permission: 'campaign.read' },
  validateSearch: filtersIn(campaignView),
  component: lazyRouteComponent(() => import('~/pages/campaigns/campaign')),
});

const editCampaign = createRoute({
  getParentRoute: () => inside,
  path: '/campaigns/$id/edit',
  staticData: { permission: 'campaign.write' },
  component: lazyRouteComponent(() => import('~/pages/campaigns/edit')),
});

const orders = createRoute({
  getParentRoute: () => inside,
  path: '/orders',
  staticData: { permission: 'order.read' },
  validateSearch: filtersIn(orderFilters),
  component: lazyRouteComponent(() => import('~/pages/commerce/orders')),
});

const order = createRoute({
  getParentRoute: () => inside,
  path: '/orders/$id',
  staticData: { permission: 'order.read' },
  component: lazyRouteComponent(() => import('~/pages/commerce/order')),
});

const products = createRoute({
  getParentRoute: () => inside,
  path: '/products',
  staticData: { permission: 'order.read' },
  validateSearch: filtersIn(productFilters),
  component: lazyRouteComponent(() => import('~/pages/commerce/products')),
});

const imports = createRoute({
  getParentRoute: () => inside,
  path: '/imports',
  staticData: { permission: 'import.run' },
  component: lazyRouteComponent(() => import('~/pages/imports/list')),
});

const newImport = createRoute({
  getParentRoute: () => inside,
  path: '/imports/new',
  staticData: { permission: 'import.run' },
  validateSearch: filtersIn(newImportFilters),
  component: lazyRouteComponent(() => import('~/pages/imports/new')),
});

const importRun = createRoute({
  getParentRoute: () => inside,
  path: '/imports/$id',
  staticData: { permission: 'import.run' },
  component: lazyRouteComponent(() => import('~/pages/imports/run')),
});

const staff = createRoute({
  getParentRoute: () => inside,
  path: '/staff',
  staticData: { permission: 'staff.read' },
  validateSearch: filtersIn(staffFilters),
  component: lazyRouteComponent(() => import('~/pages/organization/staff')),
});

const staffMember = createRoute({
  getParentRoute: () => inside,
  path: '/staff/$id',
  staticData: { permission: 'staff.read' },
  component: lazyRouteComponent(() => import('~/pages/organization/staff-member')),
});

const sources = createRoute({
  getParentRoute: () => inside,
  path: '/sources',
  staticData: { permission: 'source.manage' },
  component: lazyRouteComponent(() => import('~/pages/web/sources')),
});

const source = createRoute({
  getParentRoute: () => inside,
  path: '/sources/$id',
  staticData: { permission: 'source.manage' },
  component: lazyRouteComponent(() => import('~/pages/web/source')),
});

const users = createRoute({
  getParentRoute: () => inside,
  path: '/users',
  staticData: { permission: 'user.manage' },
  component: lazyRouteComponent(() => import('~/pages/organization/users')),
});

const keys = createRoute({
  getParentRoute: () => inside,
  path: '/keys',
  staticData: { permission: 'key.manage' },
  component: lazyRouteComponent(() => import('~/pages/organization/api-keys')),
});

const webhooks = createRoute({
  getParentRoute: () => inside,
  path: '/webhooks',
  staticData: { permission: 'webhook.manage' },
  component: lazyRouteComponent(() => import('~/pages/webhooks/list')),
});

const webhook = createRoute({
  getParentRoute: () => inside,
  path: '/webhooks/$id',
  staticData: { permission: 'webhook.manage' },
  validateSearch: filtersIn(deliveryFilters),
  component: lazyRouteComponent(() => import('~/pages/webhooks/webhook')),
});

const audit = createRoute({
  getParentRoute: () => inside,
  path: '/audit',
  staticData: { permission: 'audit.read' },
  validateSearch: filtersIn(auditFilters),
  component: lazyRouteComponent(() => import('~/pages/organization/audit')),
});

const profile = createRoute({
  getParentRoute: () => inside,
  path: '/profile',
  component: lazyRouteComponent(() => import('~/pages/organization/profile')),
});

const channels = createRoute({
  getParentRoute: () => inside,
  path: '/channels',
  staticData: { permission: 'connection.manage' },
  component: lazyRouteComponent(() => import('~/pages/channels/list')),
});

const connection = createRoute({
  getParentRoute: () => inside,
  path: '/wecom/connection',
  staticData: { permission: 'connection.manage' },
  component: lazyRouteComponent(() => import('~/pages/wecom/connection')),
});

const selfCheck = createRoute({
  getParentRoute: () => inside,
  path: '/wecom/self-check',
  staticData: { permission: 'health.read' },
  component: lazyRouteComponent(() => import('~/pages/wecom/self-check')),
});

const groups = createRoute({
  getParentRoute: () => inside,
  path: '/wecom/groups',
  staticData: { permission: 'touch.read' },
  validateSearch: filtersIn(groupFilters),
  component: lazyRouteComponent(() => import('~/pages/wecom/groups')),
});

const reconciliation = createRoute({
  getParentRoute: () => inside,
  path: '/wecom/reconciliation',
  staticData: { permission: 'sync.run' },
  component: lazyRouteComponent(() => import('~/pages/wecom/reconciliation')),
});

const routeTree = root.addChildren([
  signIn,
  setup,
  inside.addChildren([
    home,
    customers,
    customer,
    segments,
    newSegment,
    segmentLists,
    segment,
    editSegment,
    tags,
    attributes,
    conflicts,
    codes,
    newCode,
    importCodes,
    printCodes,
    code,
    editCode,
    defaultWelcome,
    contents,
    newContent,
    contentPage,
    editContent,
    scripts,
    materials,
    links,
    link,
    orders,
    order,
    products,
    imports,
    newImport,
    importRun,
    rfm,
    purchaseModel,
    relation,
    sourceQuality,
    touches,
    packs,
    touchPolicy,
    tasks,
    journeys,
    journey,
    editJourney,
    campaigns,
    newCampaign,
    campaign,
    editCampaign,
    staff,
    staffMember,
    sources,
    source,
    users,
    keys,
    webhooks,
    webhook,
    audit,
    profile,
    channels,
    connection,
    selfCheck,
    groups,
    reconciliation,
  ]),
]);

export const router = createRouter({
  routeTree,
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  defaultPendingComponent: WaitingPage,
  defaultPendingMs: 300,
  scrollRestoration: true,
});
