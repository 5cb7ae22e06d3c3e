import { type Logger, pino } from 'pino';
import type { Config } from './config.ts';

export type { Logger } from 'pino';

/** ERROR wakes someone and is absent when all is well; WARN heals itself; INFO is a business fact. */
export function createLog(config: Pick<Config, 'logLevel' | 'logFormat'>): Logger {
  const redact = { paths: ['*.secret', '*.password', '*.token', 'req.headers.authorization', 'req.headers.cookie'] };
  if (config.logFormat === 'json') return pino({ level: config.logLevel, redact });
  const transport = { target: 'pino-pretty', options: { translateTime: 'SYS:HH:MM:ss.l', ignore: 'pid,hostname' } };
  return pino({ level: config.logLevel, redact, transport });
}

export const silentLog: Logger = pino({ level: 'silent' });
