import type { Wordings } from '#contract/content';
import { setConnection, startReconciliation } from '#contract/wecom';
import { type Sandbox, type SandboxOptions, startSandbox } from '#sandbox';
import { createTestApp, type TestApp } from './app.ts';
import { drainPumps } from './world.ts';

/** siyu and a sandbox, connected, with nothing running by itself: a test moves pumps and people. */
export interface Connected {
  readonly siyu: TestApp;
  readonly sandbox: Sandbox;
  /** Lets these pumps work until none of them finds anything to do; all of them by default. */
  pump(...names: string[]): Promise<void>;
  /** A new client, with no API closed and no token. */
  reconnect(): Promise<void>;
  /** Reads all of WeCom's lists. */
  reconcile(): Promise<void>;
  /** New people who are customers of a member, known here and there. */
  befriend(userid: string, count: number): Promise<string[]>;
  /** Reads the groups that callbacks told of, whatever the platform's lag. */
  readGroups(): Promise<void>;
  staffId(userid: string): Promise<number>;
  makeVersion(name: string, wordings: Wordings): Promise<number>;
  /** Moves siyu's clock on. The sandbox keeps its own. */
  wait(hours: number): void;
  close(): Promise<void>;
}

/** Staff who do only what a test does for them. */
const idle = { overlookTask: 1, confirmWhenReminded: 0, openAppLink: 0, answer: 0, drop: 0, noteRemark: 0, noteTag: 0 };

/** @param port where people's browsers reach siyu; without one they do not */
export async function connectSandbox(options: SandboxOptions = {}, port?: number): Promise<Connected> {
  const sandbox = await startSandbox({ seed: 'connected', staffHabits: idle, ...options });
  const siyu = await createTestApp(port === undefined ? {} : { port });
  const url = await siyu.listen();
  const { corp } = sandbox;
  const { corpId, secret, token, encodingAesKey } = corp;
  const connection = { corpId, agentId: String(corp.agentId), secret, token, encodingAesKey, baseUrl: sandbox.url };
  await siyu.call(siyu.owner, setConnection, connection);
  await sandbox.setCallback({ url: `${url}/wecom/callback`, token, encodingAesKey });
  const query = async <T>(text: string, values: unknown[] = []) =>
    (await siyu.database.pool.query(text, values)).rows as T[];
  const self: Connected = {
    siyu,
    sandbox,
    pump: (...names) =>
      drainPumps(
        siyu.ctx,
        siyu.app.modules
          .flatMap((module) => module.pumps ?? [])
          .filter((pump) => names.length === 0 || names.some((name) => pump.name.startsWith(name))),
      ),
    async befriend(userid, count) {
      const way = sandbox.addContactWay({ users: [userid] });
      const people = Array.from({ length: count }, () => sandbox.makePerson().externalUserid);
      for (const person of people) await sandbox.scan(person, way.configId, { half: false });
      await sandbox.waitUntilIdle(5000);
      await self.pump('events.project', 'wecom.refresh', 'events.project');
      return people;
    },
    async readGroups() {
      await sandbox.waitUntilIdle(5000);
      await query("update wecom_group_chat set retry_at = now() - interval '1 second' where asked_at is not null");
      await self.pump('wecom.groups');
    },
    async staffId(userid) {
      const [row] = await query<{ id: number }>('select id from staff where wecom_userid = $1', [userid]);
      if (!row) throw new Error(`nobody is ${userid}`);
      return row.id;
    },
    async makeVersion(name, wordings) {
      const [row] = await query<{ id: number }>(
        `with c as (
           insert into content (name, category, search_text, search_grams, created_at, updated_at)
           values ($1, 'content', '', '{}', now(), now()) returning id
         )
         insert into content_version (content_id, number, wordings, tracked_urls, created_by, created_at)
         select id, 1, $2, '{}', '', now() from c returning id`,
        [name, JSON.stringify(wordings)],
      );
      return row?.id ?? 0;
    },
    async reconnect() {
      await siyu.call(siyu.owner, setConnection, connection);
    },
    async reconcile() {
      const { operationId } = await siyu.call(siyu.owner, startReconciliation, {});
      const jobs = Object.assign({}, ...siyu.app.modules.map((module) => module.jobs ?? {}));
      await jobs['wecom.reconcile'](siyu.ctx, { operationId }, { isLast: true });
      await self.pump('events.project');
    },
    wait(hours) {
      siyu.clock.set({ realMs: Date.now(), simMs: siyu.clock.now().getTime() + hours * 3_600_000, speed: 1 });
    },
    async close() {
      await sandbox.stop();
      await siyu.close();
    },
  };
  await self.reconcile();
  return self;
}
