import type { BetterAuthPlugin } from 'better-auth';
import { createAuthEndpoint } from 'better-auth/api';
import { setSessionCookie } from 'better-auth/cookies';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Ctx } from '#platform/ctx';
import { randomKey } from '#platform/ids';
import type { Runtime } from '#platform/module';
import { pumpCtx } from '#platform/pump';
import type { Auth } from './auth.ts';

/** Which member looks at a page, as the platform says in whose browser it is open. */
export interface StaffIdentity {
  /** Where the platform is asked; the browser comes back to `returnTo` with `code` and `state`. Undefined: not connected. */
  begin(ctx: Ctx, state: string, returnTo: string): Promise<string | undefined>;
  /** The member who came back with a code; undefined for everybody else. */
  finish(ctx: Ctx, code: string): Promise<{ readonly staffId: number } | undefined>;
}

/** A session for a user who is known otherwise than by password. Only this server can ask for it: it has no address. */
export const sessionPlugin = {
  id: 'siyu-session',
  endpoints: {
    beginSession: createAuthEndpoint.serverOnly(
      { method: 'POST', body: z.object({ userId: z.string() }) },
      async (ctx) => {
        const user = await ctx.context.internalAdapter.findUserById(ctx.body.userId);
        if (!user) throw new Error('a user that was just read is gone');
        const session = await ctx.context.internalAdapter.createSession(user.id);
        await setSessionCookie(ctx, { session, user });
        return ctx.json({ ok: true });
      },
    ),
  },
} satisfies BetterAuthPlugin;

/** Why somebody is not signed in; the page has a sentence for each. */
type Refusal = 'not_connected' | 'stranger' | 'no_user' | 'several_users' | 'two_factor' | 'state';

const cookieName = 'siyu.wecom';
const ticketSchema = z.object({ state: z.string(), to: z.string(), until: z.number() });
/** Deadline of a browser's way there and back: the machine's time. */
const ticketMs = 300_000;

/** A path below /m and nothing else: never an address of another site. */
const pathBelow = z
  .string()
  .max(300)
  .regex(/^\/[\w\-./?=&%]*$/)
  .refine((path) => !path.startsWith('//'));

/**
 * Signs a member in who opens the pages inside the platform's client. The state travels in a sealed cookie, too: a link
 * with somebody else's code signs nobody in.
 */
export function serveStaffSignIn(http: FastifyInstance, auth: Auth, runtime: Runtime, identity: StaffIdentity): void {
  const { sealer, publicUrl } = runtime;
  const cookie = (value: string, maxAge: number) =>
    `${cookieName}=${encodeURIComponent(value)}; Path=/m/wecom; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${publicUrl.startsWith('https:') ? '; Secure' : ''}`;
  const refused = (reason: Refusal, to: string) => `/m/sign-in?${new URLSearchParams({ refused: reason, to })}`;

  http.get('/m/wecom', async (request, reply) => {
    const parsed = pathBelow.safeParse((request.query as { to?: unknown }).to);
    const to = parsed.success ? parsed.data : '/';
    const state = randomKey(32);
    const address = await identity.begin(pumpCtx(runtime, 'staff sign-in'), state, `${publicUrl}/m/wecom/back`);
    reply.header('cache-control', 'no-store');
    if (address === undefined) return reply.redirect(refused('not_connected', to));
    const ticket = sealer.seal(JSON.stringify({ state, to, until: Date.now() + ticketMs }));
    return reply.header('set-cookie', cookie(ticket, ticketMs / 1000)).redirect(address);
  });

  http.get('/m/wecom/back', async (request, reply) => {
    const { code, state } = request.query as { code?: unknown; state?: unknown };
    const ticket = readTicket(request);
    reply.header('cache-control', 'no-store').header('set-cookie', cookie('', 0));
    const isOurs = ticket !== undefined && ticket.state === state && ticket.until > Date.now();
    if (!isOurs || typeof code !== 'string') return reply.redirect(refused('state', ticket?.to ?? '/'));
    const ctx = pumpCtx(runtime, 'staff sign-in');
    const member = await identity.finish(ctx, code);
    if (!member) return reply.redirect(refused('stranger', ticket.to));
    const user = await findUser(ctx, member.staffId);
    if (typeof user === 'string') return reply.redirect(refused(user, ticket.to));
    const { headers } = await auth.api.beginSession({ body: { userId: user.id }, returnHeaders: true });
    ctx.log.info({ userId: user.id, staffId: member.staffId }, 'a member signed in through WeCom');
    return reply.header('set-cookie', headers.getSetCookie()).redirect(`/m${ticket.to}`);
  });

  function readTicket(request: FastifyRequest): z.output<typeof ticketSchema> | undefined {
    const match = new RegExp(`(?:^|; )${cookieName.replace('.', '\\.')}=([^;]+)`).exec(request.headers.cookie ?? '');
    try {
      return ticketSchema.safeParse(JSON.parse(sealer.open(decodeURIComponent(match?.[1] ?? '')))).data;
    } catch {
      // Whatever it was, it was not sealed here.
      return undefined;
    }
  }
}

/** The console's user who is this member. Whoever asks for a second factor is not let in without it. */
async function findUser(ctx: Ctx, staffId: number): Promise<{ id: string } | Refusal> {
  const users = await ctx.db
    .selectFrom('auth_user')
    .select(['id', 'twoFactorEnabled'])
    .where('staffId', '=', staffId)
    .where('disabled', '=', false)
    .limit(2)
    .execute();
  const [user, another] = users;
  if (!user) return 'no_user';
  if (another) return 'several_users';
  return user.twoFactorEnabled ? 'two_factor' : { id: user.id };
}
