import { startSandbox } from './index.ts';

/** The sandbox as a program of its own. Prints its url; a parent process may set its clock by messages. */

const clockMessage = (message: unknown): message is { kind: 'clock'; realMs: number; simMs: number; speed: number } =>
  typeof message === 'object' && message !== null && (message as { kind?: unknown }).kind === 'clock';

const { SANDBOX_PORT, SANDBOX_SMTP_PORT, SANDBOX_SEED, SANDBOX_STORE } = process.env;
const sandbox = await startSandbox({
  port: Number(SANDBOX_PORT ?? 4319),
  smtpPort: Number(SANDBOX_SMTP_PORT ?? 4325),
  ...(SANDBOX_SEED && { seed: SANDBOX_SEED }),
  ...(SANDBOX_STORE && { storePath: SANDBOX_STORE }),
});

process.on('message', (message) => {
  if (!clockMessage(message)) return;
  const { realMs, simMs, speed } = message;
  sandbox.setClock({ realMs, simMs, speed });
});
process.send?.({ kind: 'ready', url: sandbox.url });
console.log(`sandbox ${sandbox.url}`);

let stopping = false;
const stop = async () => {
  if (stopping) return;
  stopping = true;
  await sandbox.stop();
  process.exit(0);
};
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
process.on('disconnect', stop);
