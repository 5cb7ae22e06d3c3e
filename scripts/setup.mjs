// Everything a fresh machine needs, in plain JavaScript that any Node ≥ 20 runs: the pre-scripts of package.json call it.
// Says nothing when there is nothing to do. Arguments name what is wanted besides the dependencies: console, browser.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const wanted = new Set(process.argv.slice(2));

const [major] = process.versions.node.split('.').map(Number);
if (major < 20) fail(`siyu needs Node 20 or newer to set itself up; this is ${process.version}.`);

installDependencies();
if (wanted.has('console')) {
  buildPages('console', 'the console');
  // The phone's pages use parts of the console.
  const shared = ['i18n', 'call.ts', 'auth.ts'].map((name) => join(root, 'console', 'src', name));
  buildPages('h5', 'the pages for phones', shared);
}
if (wanted.has('browser')) findBrowser();

function installDependencies() {
  const stamp = join(root, 'node_modules', '.siyu-setup');
  const hash = hashFiles([join(root, 'package-lock.json')]);
  if (readIfThere(stamp) === hash) return;
  say('installing dependencies');
  // The engine warnings are about this Node; siyu itself runs on the one it installs. Not `npm ci`: it insists that the
  // lockfile names binaries of every platform, also those that were not to be had where it was written.
  run(npm(), ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stamp, hash);
}

function buildPages(name, title, alsoUsed = []) {
  const folder = join(root, name);
  if (!existsSync(join(folder, 'vite.config.ts'))) return;
  const stamp = join(folder, 'dist', '.siyu-setup');
  const used = [folder, join(root, 'contract'), ...alsoUsed].flatMap((path) =>
    statSync(path).isFile() ? [path] : filesBelow(path),
  );
  const sources = [...used, join(root, 'package-lock.json')];
  const hash = hashFiles(sources);
  if (readIfThere(stamp) === hash) return;
  say(`building ${title}`);
  run(join(root, 'node_modules', '.bin', 'node'), [
    join(root, 'node_modules', 'vite', 'bin', 'vite.js'),
    'build',
    folder,
    '--logLevel',
    'warn',
  ]);
  writeFileSync(stamp, hash);
}

/** The path is handed on in a file, because the tests run in another process. */
function findBrowser() {
  const note = join(root, 'node_modules', '.siyu-chromium');
  const known = readIfThere(note);
  if (known && existsSync(known)) return;
  let path = systemChromium();
  if (!path && process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    say('installing the package chromium for the browser tests');
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore', env });
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], { stdio: 'ignore', env });
    path = systemChromium();
  }
  if (!path) {
    say('fetching Playwright’s Chromium for the browser tests');
    const cli = join(root, 'node_modules', 'playwright-core', 'cli.js');
    spawnSync(process.execPath, [cli, 'install', 'chromium'], { stdio: 'inherit' });
    const code = "import('playwright-core').then(({ chromium }) => console.log(chromium.executablePath()))";
    const found = spawnSync(process.execPath, ['-e', code], { cwd: root, encoding: 'utf8' }).stdout.trim();
    if (existsSync(found)) path = found;
  }
  if (!path) fail('No Chromium for the browser tests. Install one and set SIYU_CHROMIUM to its path.');
  writeFileSync(note, path);
}

function systemChromium() {
  const named = process.env.SIYU_CHROMIUM;
  if (named) return existsSync(named) ? named : fail(`SIYU_CHROMIUM is ${named}, and nothing is there.`);
  return [
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ].find((path) => existsSync(path));
}

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !['dist', 'node_modules'].includes(entry.name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(path) : [path];
    });
}

function hashFiles(paths) {
  const hash = createHash('sha256');
  for (const path of paths.toSorted()) {
    hash.update(path.slice(root.length));
    if (statSync(path).isFile()) hash.update(readFileSync(path));
  }
  return hash.digest('hex');
}

function readIfThere(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function npm() {
  return process.platform === 'win32' ? 'npm.cmd' : 'npm';
}

function run(command, args) {
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  try {
    execFileSync(command, args, { cwd: root, stdio: 'inherit' });
  } catch {
    fail(`Setting up stopped at: ${command} ${args.join(' ')}`);
  }
}

function say(text) {
  console.log(`siyu: ${text} …`);
}

function fail(text) {
  console.error(`siyu: ${text}`);
  process.exit(1);
}
