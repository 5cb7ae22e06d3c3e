/** The contract: what server, console and OpenAPI agree on. `routes` holds each route under its name. */
import * as acquisition from './acquisition.ts';
import * as broadcasts from './broadcasts.ts';
import * as campaigns from './campaigns.ts';
import * as commerce from './commerce.ts';
import * as content from './content.ts';
import * as customers from './customers.ts';
import * as email from './email.ts';
import * as events from './events.ts';
import * as imports from './imports.ts';
import * as insights from './insights.ts';
import * as journeys from './journeys.ts';
import * as links from './links.ts';
import * as organization from './organization.ts';
import * as relay from './relay.ts';
import type { Route } from './route.ts';
import * as scores from './scores.ts';
import * as scripts from './scripts.ts';
import * as segments from './segments.ts';
import * as sms from './sms.ts';
import * as tasks from './tasks.ts';
import * as touch from './touch.ts';
import * as web from './web.ts';
import * as webhooks from './webhooks.ts';
import * as wecom from './wecom.ts';

export const contracts = {
  organization,
  customers,
  events,
  commerce,
  webhooks,
  scores,
  segments,
  content,
  links,
  scripts,
  touch,
  broadcasts,
  tasks,
  acquisition,
  campaigns,
  journeys,
  imports,
  insights,
  wecom,
  web,
  email,
  sms,
  relay,
};

export { type ErrorCode, type ErrorReply, errorStatus, type FieldProblem } from './errors.ts';
export { type Permission, permissions, type Role, rolePermissions, roles } from './permissions.ts';
export { type Call, type Input, type Method, type Output, pathNames, type Route, route } from './route.ts';

function isRoute(value: unknown): value is Route {
  return typeof value === 'object' && value !== null && 'path' in value && 'permission' in value;
}

/** Every route of every contract, as [group, name, route]. */
export const routes: readonly { group: string; name: string; route: Route }[] = Object.entries(contracts).flatMap(
  ([group, contract]) =>
    Object.entries(contract).flatMap(([name, value]) => (isRoute(value) ? [{ group, name, route: value }] : [])),
);
