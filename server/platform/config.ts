import { resolve } from 'node:path';
import { z } from 'zod';

/** Everything that is set from outside, parsed once at the start. Nothing else reads the environment. */
export interface Config {
  /** Folder for the embedded database, logs and generated secrets. */
  readonly home: string;
  readonly host: string;
  readonly port: number;
  /** Address under which browsers and WeCom reach this server; no trailing slash. */
  readonly publicUrl: string;
  /** A PostgreSQL server of yours; undefined means the embedded one. */
  readonly databaseUrl: string | undefined;
  readonly roles: ReadonlySet<'web' | 'worker'>;
  /** At least 32 characters; undefined means one is made and kept under `home`. */
  readonly secret: string | undefined;
  readonly timeZone: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly logFormat: 'json' | 'pretty';
  /** `ipc`: the process that started us says what time it is (demo and tests). */
  readonly clock: 'system' | 'ipc';
  /** Bearer token that /metrics asks for; undefined means it answers to this machine only. */
  readonly metricsToken: string | undefined;
  /** Whether webhooks may go to private addresses and without TLS. */
  readonly allowPrivateWebhooks: boolean;
  /** The columnar copy that counts segments; undefined: PostgreSQL does, slower and equal. */
  readonly mirror: { readonly memoryMb: number; readonly threads: number } | undefined;
}

export class ConfigError extends Error {}

const isZone = (zone: string) => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
};

const schema = z.object({
  SIYU_HOME: z.string().min(1).default('var'),
  SIYU_HOST: z.string().min(1).default('127.0.0.1'),
  SIYU_PORT: z.coerce.number('must be a port number').int().min(0).max(65535).default(4310),
  SIYU_PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'must be an address like https://siyu.example.com' })
    .optional(),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\/.+/, 'must look like postgresql://user:password@host:5432/database')
    .optional(),
  SIYU_ROLES: z
    .string()
    .default('web,worker')
    .transform((text) => text.split(',').map((role) => role.trim()))
    .pipe(z.array(z.enum(['web', 'worker'], 'must be web, worker or web,worker')).min(1)),
  SIYU_SECRET: z.string().min(32, 'must have at least 32 characters').optional(),
  SIYU_TIME_ZONE: z.string().default('Asia/Shanghai').refine(isZone, 'must be a zone like Asia/Shanghai'),
  SIYU_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'], 'must be debug, info, warn, error or silent')
    .default('info'),
  SIYU_LOG_FORMAT: z.enum(['json', 'pretty'], 'must be json or pretty').optional(),
  SIYU_CLOCK: z.enum(['system', 'ipc'], 'must be system or ipc').default('system'),
  SIYU_MIRROR: z.enum(['on', 'off'], 'must be on or off').default('on'),
  SIYU_MIRROR_MEMORY_MB: z.coerce.number('must be a number of megabytes').int().min(128).max(1_000_000).default(2048),
  SIYU_MIRROR_THREADS: z.coerce.number('must be a number').int().min(1).max(256).default(2),
  SIYU_METRICS_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  SIYU_WEBHOOK_PRIVATE: z.enum(['refuse', 'allow'], 'must be refuse or allow').default('refuse'),
});

/** Refuses with one sentence for each bad value, all of them at once. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(given);
  const unknown = Object.keys(given).filter((name) => name.startsWith('SIYU_') && !isKnown(name));
  const problems = [
    ...(parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path[0]?.toString()}: ${issue.message}`)),
    ...unknown.map((name) => `${name}: no setting has this name`),
  ];
  if (!parsed.success || problems.length > 0) {
    throw new ConfigError(`These settings cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
  const set = parsed.data;
  return {
    home: resolve(set.SIYU_HOME),
    host: set.SIYU_HOST,
    port: set.SIYU_PORT,
    publicUrl: (set.SIYU_PUBLIC_URL ?? `http://${set.SIYU_HOST}:${set.SIYU_PORT}`).replace(/\/+$/, ''),
    databaseUrl: set.DATABASE_URL,
    roles: new Set(set.SIYU_ROLES),
    secret: set.SIYU_SECRET,
    timeZone: set.SIYU_TIME_ZONE,
    logLevel: set.SIYU_LOG_LEVEL,
    logFormat: set.SIYU_LOG_FORMAT ?? (isTerminal ? 'pretty' : 'json'),
    clock: set.SIYU_CLOCK,
    metricsToken: set.SIYU_METRICS_TOKEN,
    allowPrivateWebhooks: set.SIYU_WEBHOOK_PRIVATE === 'allow',
    mirror:
      set.SIYU_MIRROR === 'on' ? { memoryMb: set.SIYU_MIRROR_MEMORY_MB, threads: set.SIYU_MIRROR_THREADS } : undefined,
  };
}

/** Names that scripts and tests read, which the server may see in its environment. */
const othersNames = new Set(['SIYU_CHROMIUM']);

function isKnown(name: string): boolean {
  return name in schema.shape || othersNames.has(name);
}
