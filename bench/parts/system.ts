import type { Call } from '#contract';
import type { createCode } from '#contract/acquisition';
import { listStaff } from '#contract/organization';
import {
  becomeOwner,
  connect,
  type MadeCode,
  makeCodes,
  makeHome,
  reconcile,
  removeHome,
  type SandboxProcess,
  type Session,
  type Siyu,
  startSandboxProcess,
  startSiyu,
} from '#scripts/processes';

/** A siyu and a sandbox of their own, connected, with staff known and one channel code. */
export interface System {
  readonly home: string;
  readonly siyu: Siyu;
  readonly sandbox: SandboxProcess;
  readonly session: Session;
  readonly code: MadeCode;
  /** Stops both and removes everything. */
  close(): Promise<void>;
}

export const siyuEnv = { SIYU_LOG_LEVEL: 'warn', SIYU_LOG_FORMAT: 'json' };

/** @param name names the folder; @param draft makes what is special about the code: by default all staff answer it */
export async function startSystem(
  name: string,
  draft: (session: Session) => Promise<Partial<Call<typeof createCode>>>,
): Promise<System> {
  const home = makeHome(name);
  const started: { stop(): Promise<void> }[] = [];
  const close = async () => {
    await Promise.all(started.map((process) => process.stop()));
    await removeHome(home);
  };
  try {
    const sandbox = await startSandboxProcess({ seed: name });
    started.push(sandbox);
    const siyu = await startSiyu({ home, env: siyuEnv });
    started.push(siyu);
    const session = await becomeOwner(siyu);
    await connect(session, sandbox);
    await reconcile(session);
    const { rows: staff } = await session.call(listStaff, { canFollow: true, limit: 100 });
    const [code] = await makeCodes(session, sandbox, [
      {
        name: '南京路店',
        source: 'shop',
        rotation: [
          {
            staffIds: staff.map((member) => member.id),
            weekdays: [1, 2, 3, 4, 5, 6, 7],
            fromMinute: 0,
            toMinute: 1440,
          },
        ],
        ...(await draft(session)),
      },
    ]);
    if (!code) throw new Error('no code was made');
    return { home, siyu, sandbox, session, code, close };
  } catch (error) {
    await close();
    throw error;
  }
}
