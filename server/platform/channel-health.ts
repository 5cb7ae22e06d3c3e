import { type Ctx, inTransaction } from './ctx.ts';
import { readSetting, saveSetting } from './settings.ts';

/** How the last attempts of a channel ended. */
export interface ChannelHealth<Problem extends string> {
  readonly succeededAt: string | null;
  readonly failedAt: string | null;
  readonly problem: Problem | null;
  readonly message: string | null;
}

const none = { succeededAt: null, failedAt: null, problem: null, message: null };

/** Of many that end alike, so often one is written down. */
const againMs = 10_000;

/** Writes down, sparingly, how attempts end: a mass send makes no row for each message. */
export function createHealth<Problem extends string>(channel: string) {
  const key = `${channel}.health`;
  let noted = { problem: undefined as Problem | null | undefined, at: 0 };
  const read = async (ctx: Pick<Ctx, 'db'>): Promise<ChannelHealth<Problem>> => {
    const found = await readSetting(ctx, key);
    return { ...none, ...(found?.value as Partial<ChannelHealth<Problem>> | undefined) };
  };
  return {
    read,
    /** null: it went well. */
    async note(ctx: Ctx, failure: { problem: Problem; message: string } | null): Promise<void> {
      const problem = failure?.problem ?? null;
      if (noted.problem === problem && Date.now() - noted.at < againMs) return;
      noted = { problem, at: Date.now() };
      await inTransaction(ctx, async (ctx) => {
        const at = ctx.now.toISOString();
        const news = failure ? { failedAt: at, problem, message: failure.message } : { succeededAt: at };
        await saveSetting(ctx, key, { ...(await read(ctx)), ...news });
      });
    },
  };
}

export type HealthKeeper<Problem extends string> = ReturnType<typeof createHealth<Problem>>;
