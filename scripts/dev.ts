// npm run dev: the server with --watch, console and phone pages with hot reloading, and a sandbox to talk to.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const node = process.execPath;
const parts = [
  { name: 'siyu', args: ['--watch', '--watch-path=server', '--watch-path=contract', 'server/main.ts'] },
  { name: 'console', args: [join('node_modules', 'vite', 'bin', 'vite.js'), 'console', '--clearScreen', 'false'] },
  { name: 'h5', args: [join('node_modules', 'vite', 'bin', 'vite.js'), 'h5', '--clearScreen', 'false'] },
  { name: 'sandbox', args: ['--watch', 'sandbox/main.ts'] },
];

const children = parts.map(({ name, args }) => {
  const child = spawn(node, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      for (const line of text.split('\n')) if (line.trim() !== '') console.log(`${name.padEnd(8)} ${line}`);
    });
  }
  return child;
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    for (const child of children) child.kill('SIGTERM');
  });
}
