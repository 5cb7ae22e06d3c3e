import { closeSync, mkdirSync, openSync, readFileSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { randomToken } from './ids.ts';

/** The folder where one installation keeps its things. One running siyu at a time. */
export class HomeInUseError extends Error {}

export interface Home {
  readonly path: string;
  /** Secret of this installation, made at the first start. */
  readonly secret: string;
  release(): void;
}

export function openHome(path: string): Home {
  mkdirSync(path, { recursive: true });
  const lock = join(path, 'siyu.lock');
  takeLock(lock, path);
  return { path, secret: readOrMakeSecret(join(path, 'secret')), release: () => unlinkSync(lock) };
}

/** Process ids are reused: the lock also names when its process started, where the system tells. */
function takeLock(lock: string, path: string): void {
  for (;;) {
    try {
      const file = openSync(lock, 'wx', 0o600);
      writeSync(file, identify(process.pid) ?? String(process.pid));
      closeSync(file);
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const holder = readFileSync(lock, 'utf8').trim();
    const pid = Number(holder.split(' ')[0]);
    if (holder !== '' && identify(pid) === holder) {
      throw new HomeInUseError(
        `${path} is in use by another siyu (process ${pid}). Stop that one first, or set SIYU_HOME to another folder.`,
      );
    }
    // Its process is gone (kill -9, power cut): the lock is nobody's.
    unlinkSync(lock);
  }
}

/** 'pid start-time' of a living process, or undefined. */
function identify(pid: number): string | undefined {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return undefined;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // Field 3 is the state: a zombie no longer holds anything. Field 22 is the start time.
    return fields[0] === 'Z' ? undefined : `${pid} ${fields[19]}`;
  } catch {
    return String(pid);
  }
}

function readOrMakeSecret(file: string): string {
  try {
    writeFileSync(file, randomToken(48), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return readFileSync(file, 'utf8').trim();
}
