import { type JourneyDraft, journeyDraft } from '#contract/journey-graph';
import { createJourney, publishJourney } from '#contract/journeys';
import { type Fact, recordEvents } from '#events';
import { inTransaction } from '#platform/ctx';
import { createTestApp, type TestApp } from './app.ts';
import { drainPumps } from './world.ts';

/** A brand with some customers and a clock that stands still until it is told: for tests of journeys. */
export interface Stage {
  readonly siyu: TestApp;
  /** Customers by the number of their user account. */
  readonly customers: readonly number[];
  setTime(ms: number): void;
  /** Something a customer did; known once `project` or `run` is called. */
  tell(customer: number, name: string, at: number, properties?: Record<string, unknown>): Promise<void>;
  project(): Promise<void>;
  /** Makes known what was told, and moves whoever is due, until nobody is. */
  run(): Promise<void>;
  publish(name: string, draft: LooseDraft): Promise<number>;
  query<T extends Record<string, unknown>>(text: string, values?: unknown[]): Promise<T[]>;
}

/** A draft as one writes it: nodes without places, rules with their usual values. */
export type LooseDraft = Partial<Omit<JourneyDraft, 'nodes' | 'triggers'>> & {
  readonly triggers?: readonly { kind: string; data?: Record<string, unknown> }[];
  readonly nodes: readonly {
    id: string;
    kind: string;
    data?: Record<string, unknown>;
    next?: Record<string, string> | string;
  }[];
};

/** Ways out that are written as one text lead there by `next`. */
export function draftOf({ nodes, triggers = [{ kind: 'hand' }], ...rest }: LooseDraft): JourneyDraft {
  return journeyDraft.parse({
    start: nodes[0]?.id ?? null,
    exits: [],
    goal: null,
    reentry: { kind: 'never' },
    ...rest,
    triggers: triggers.map((trigger) => ({ data: {}, ...trigger })),
    nodes: nodes.map(({ next = {}, ...node }) => ({
      x: 0,
      y: 0,
      data: {},
      ...node,
      next: typeof next === 'string' ? { next } : next,
    })),
  });
}

export async function createStage(customerCount: number, startMs: number): Promise<Stage> {
  const siyu = await createTestApp();
  const pumps = siyu.app.modules.flatMap((module) => module.pumps ?? []);
  const named = (...names: string[]) => pumps.filter((pump) => names.some((name) => pump.name.startsWith(name)));
  const customers: number[] = [];
  let told = 0;
  const stage: Stage = {
    siyu,
    customers,
    setTime: (ms) => siyu.clock.set({ realMs: Date.now(), simMs: ms, speed: 0 }),
    async tell(customer, event, at, properties = {}) {
      const accounts = [{ kind: 'user', value: `u${customers.indexOf(customer)}` }];
      const fact: Fact = {
        name: 'event.tracked',
        source: 'test',
        messageId: `told ${told++}`,
        occurredAt: new Date(at),
        payload: { accounts, event, properties },
      };
      await inTransaction(siyu.ctx, (ctx) => recordEvents(ctx, [fact]));
    },
    project: () => drainPumps(siyu.ctx, named('events.project')),
    run: () => drainPumps(siyu.ctx, named('events.project', 'journeys.')),
    async publish(name, draft) {
      const { id } = await siyu.call(siyu.owner, createJourney, { name, draft: draftOf(draft) });
      await siyu.call(siyu.owner, publishJourney, { id, revision: 1 });
      return id;
    },
    query: async (text, values) => (await siyu.database.pool.query(text, values)).rows,
  };
  stage.setTime(startMs);
  await siyu.database.pool.query(`
    insert into customer (name, added_at, created_at)
    select '客户' || i, '2026-01-01', '2026-01-01' from generate_series(0, ${customerCount - 1}) i`);
  const rows = await stage.query<{ id: number }>('select id from customer order by id');
  customers.push(...rows.map((row) => row.id));
  await siyu.database.pool.query(`
    insert into identity (kind, value, customer_id, source, first_seen_at)
    select 'user', 'u' || (row_number() over (order by id) - 1), id, 'test', '2026-01-01' from customer`);
  await siyu.database.pool.query(
    'update customer c set account_id = (select id from identity where customer_id = c.id)',
  );
  return stage;
}
