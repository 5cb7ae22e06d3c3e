import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, parseConfig } from './config.ts';

const messageOf = (env: Record<string, string>) => {
  try {
    parseConfig(env, false);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return undefined;
};

describe('the configuration', () => {
  it('needs nothing', () => {
    expect(parseConfig({}, false)).toMatchObject({
      home: resolve('var'),
      publicUrl: 'http://127.0.0.1:4310',
      databaseUrl: undefined,
      roles: new Set(['web', 'worker']),
      timeZone: 'Asia/Shanghai',
      logFormat: 'json',
      clock: 'system',
      allowPrivateWebhooks: false,
    });
  });

  it('reads what is set, and takes an empty value for none', () => {
    const config = parseConfig(
      {
        SIYU_PORT: '8080',
        SIYU_HOST: '0.0.0.0',
        SIYU_PUBLIC_URL: 'https://siyu.example.com/',
        SIYU_ROLES: ' worker ',
        SIYU_LOG_FORMAT: '',
        DATABASE_URL: 'postgres://u:p@db/siyu',
        PATH: '/bin',
      },
      true,
    );
    expect(config).toMatchObject({
      port: 8080,
      publicUrl: 'https://siyu.example.com',
      roles: new Set(['worker']),
      logFormat: 'pretty',
      databaseUrl: 'postgres://u:p@db/siyu',
    });
  });

  const bad = {
    SIYU_PORT: ['x', '-1', '70000', '1.5'],
    SIYU_PUBLIC_URL: ['siyu.example.com', 'ftp://a.test'],
    DATABASE_URL: ['mysql://a/b', 'localhost'],
    SIYU_ROLES: ['all', 'web,', 'web;worker'],
    SIYU_SECRET: ['short'],
    SIYU_TIME_ZONE: ['Mars/Base', 'GMT+99'],
    SIYU_LOG_LEVEL: ['loud'],
    SIYU_LOG_FORMAT: ['xml'],
    SIYU_CLOCK: ['sundial'],
    SIYU_METRICS_TOKEN: ['short'],
    SIYU_WEBHOOK_PRIVATE: ['yes'],
  };

  it.each(Object.entries(bad).flatMap(([name, values]) => values.map((value) => [name, value] as const)))(
    'refuses %s=%s in a sentence that names it',
    (name, value) => {
      const lines = messageOf({ [name]: value })?.split('\n') ?? [];
      expect(lines.slice(1).length).toBeGreaterThan(0);
      for (const line of lines.slice(1)) expect(line).toMatch(new RegExp(`^ {2}${name}: .+`));
    },
  );

  it('names every bad value in one message', () => {
    const env = Object.fromEntries(Object.entries(bad).map(([name, values]) => [name, values[0] ?? '']));
    const message = messageOf(env) ?? '';
    for (const name of Object.keys(bad)) expect(message).toContain(`${name}: `);
  });

  it('never repeats a secret in its message', () => {
    const message = messageOf({
      SIYU_SECRET: 'my-short-secret',
      SIYU_METRICS_TOKEN: 'm3trics',
      DATABASE_URL: 'pg://u:s3cr3t@h/d',
    });
    for (const secret of ['my-short-secret', 'm3trics', 's3cr3t']) expect(message).not.toContain(secret);
  });

  it('refuses a name that nobody reads: it is a slip of the pen', () => {
    expect(messageOf({ SIYU_PROT: '1' })).toContain('SIYU_PROT: no setting has this name');
    expect(messageOf({ SIYU_CHROMIUM: '/usr/bin/chromium' })).toBeUndefined();
  });
});
