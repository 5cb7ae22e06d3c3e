import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { CustomerPage } from './pages/customer';
import { MissingPage } from './pages/missing';
import { SignInPage } from './pages/sign-in';
import { TaskPage } from './pages/task';
import { TeamPage } from './pages/team';
import { TodayPage } from './pages/today';
import { Problem, Waiting } from './parts';
import { queryClient, sessionQuery } from './session';
import { Toasts } from './toast';
import { isInWecom, wecomSignIn } from './wecom';

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

const root = createRootRoute({
  component: () => (
    <>
      <Outlet />
      <Toasts />
    </>
  ),
  notFoundComponent: MissingPage,
  errorComponent: ({ error }) => <Problem error={error} onRetry={() => window.location.reload()} />,
});

const session = () => queryClient.ensureQueryData(sessionQuery);
const text = (value: unknown) => (typeof value === 'string' ? value : undefined);

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (raw: Record<string, unknown>): { to?: string | undefined; refused?: string | undefined } => {
    const to = text(raw.to);
    return { to: to?.startsWith('/') ? to : undefined, refused: text(raw.refused) };
  },
  beforeLoad: async ({ search }) => {
    const { user } = await session();
    if (user) throw redirect({ href: `/m${search.to ?? '/'}` });
  },
  component: SignInPage,
});

const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  beforeLoad: async ({ location }) => {
    const { user } = await session();
    if (user) return;
    const to = location.href === '/' ? undefined : location.href;
    // WeCom says who holds the phone; what it may refuse comes back to the sign-in page and is not asked again.
    if (isInWecom) throw redirect({ href: wecomSignIn(to), reloadDocument: true });
    throw redirect({ to: '/sign-in', search: { to } });
  },
  component: Outlet,
});

const today = createRoute({ getParentRoute: () => inside, path: '/', component: TodayPage });
const task = createRoute({ getParentRoute: () => inside, path: '/tasks/$id', component: TaskPage });
const customer = createRoute({ getParentRoute: () => inside, path: '/customers/$id', component: CustomerPage });
const team = createRoute({ getParentRoute: () => inside, path: '/team', component: TeamPage });
const sidebar = createRoute({
  getParentRoute: () => inside,
  path: '/sidebar',
  component: lazyRouteComponent(() => import('./pages/sidebar'), 'SidebarPage'),
});

const routeTree = root.addChildren([signIn, inside.addChildren([today, task, customer, team, sidebar])]);

export const router = createRouter({
  routeTree,
  basepath: '/m',
  defaultPendingComponent: Waiting,
  defaultPendingMs: 300,
  scrollRestoration: true,
});
