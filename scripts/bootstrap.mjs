/**
 * `node scripts/bootstrap.mjs <script> [argument…]`: the only file that runs on whatever Node the machine has.
 *
 * Installs what package-lock.json names, if that is not there yet, and hands over to the script on the project's own Node.
 * It uses no package, and no syntax that an old Node cannot read before the check of its version.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = 20;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tools = join(root, 'node_modules', '.bin');
const ownNode = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});

async function main() {
  const version = Number(process.versions.node.split('.')[0]);
  if (version < OLDEST_NODE) {
    throw new Error(
      `Sori needs Node ${OLDEST_NODE} or newer to install itself; this is ${process.version}. See https://nodejs.org/en/download\n` +
        `Node ${OLDEST_NODE} 이상이 필요합니다 (현재 ${process.version}).`,
    );
  }
  const [script, ...args] = process.argv.slice(2);
  if (!script) throw new Error('Which script? For example: node scripts/bootstrap.mjs scripts/start.ts');
  if (!isInstalled()) await install();
  run(script, args);
}

/** npm keeps in node_modules what it has installed, written last: it must name every package of the lock, in its version. */
function isInstalled() {
  try {
    const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'));
    const wanted = Object.entries(packagesOf(join(root, 'package-lock.json')));
    const isThere = ([path, { optional, version }]) => path === '' || optional || installed[path]?.version === version;
    return existsSync(ownNode) && wanted.every(isThere);
  } catch {
    return false; // nothing there, or an installation that was broken off
  }
}

function packagesOf(lockFile) {
  return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
}

/** One installation at a time: `npm start` and `npm test` may be typed at once in a fresh clone. */
async function install() {
  const claim = join(tmpdir(), `sori-install-${createHash('sha256').update(root).digest('hex').slice(0, 16)}.pid`);
  const endProgress = showProgress('Installing packages, 1 to 3 minutes the first time · 패키지 설치 중');
  try {
    while (!tryClaim(claim)) await new Promise((resolve) => setTimeout(resolve, 1000));
    if (!isInstalled()) await npmCi();
  } finally {
    endProgress();
    rmSync(claim, { force: true });
  }
}

function tryClaim(claim) {
  try {
    writeFileSync(claim, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    if (!isAlive(Number(readFileSync(claim, { encoding: 'utf8', flag: 'a+' })))) rmSync(claim, { force: true });
    return false;
  }
}

function isAlive(pid) {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function npmCi() {
  const args = ['ci', '--include=dev', '--strict-allow-scripts', '--no-audit', '--no-fund']; // NODE_ENV=production would leave the tools out
  const npm = process.env.npm_execpath?.endsWith('npm-cli.js') ? [process.execPath, [process.env.npm_execpath, ...args]] : ['npm', args];
  const logs = join(root, '.sori', 'logs');
  mkdirSync(logs, { recursive: true });
  const logFile = join(logs, 'install.log');
  const log = openSync(logFile, 'w');
  return new Promise((resolve, reject) => {
    const shell = process.platform === 'win32' && npm[0] === 'npm';
    const child = spawn(npm[0], npm[1], { cwd: root, stdio: ['ignore', log, log], shell });
    passSignalsTo(child);
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) return resolve();
      const last = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
      reject(new Error(`npm ci has failed:\n${last}\nAll of it: ${logFile}`));
    });
  });
}

/** A line that lives in a terminal; elsewhere a line every 20 s. */
function showProgress(text) {
  const startedAt = Date.now();
  const isTerminal = process.stderr.isTTY;
  const line = () => `${text} … ${Math.round((Date.now() - startedAt) / 1000)} s`;
  process.stderr.write(isTerminal ? line() : `${line()}\n`);
  const timer = setInterval(() => process.stderr.write(isTerminal ? `\r${line()}` : `${line()}\n`), isTerminal ? 1000 : 20_000);
  return () => {
    clearInterval(timer);
    process.stderr.write(isTerminal ? `\r${line()}\n` : `${line()}\n`);
  };
}

/** The channel tells the script when we are gone, even by `kill -9`. */
function run(script, args) {
  const env = { ...process.env, PATH: `${tools}${delimiter}${process.env.PATH ?? ''}`, METADATA_SERVER_DETECTION: 'none' };
  const child = spawn(ownNode, [join(root, script), ...args], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env });
  passSignalsTo(child);
  child.on('error', (error) => {
    console.error(`${ownNode}: ${error.message}. Remove node_modules and try again.`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
  watchNpm();
}

function passSignalsTo(child) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
}

/** npm does not tell its script when it is killed: the script, or the shell between the two, then gets another parent. */
function watchNpm() {
  if (!process.env.npm_lifecycle_event || process.platform === 'win32') return;
  const ancestors = () => [process.ppid, shellsParent(process.ppid)].join();
  const first = ancestors();
  setInterval(() => {
    if (ancestors() !== first) process.kill(process.pid, 'SIGTERM');
  }, 1000).unref();
}

/** Of a shell, on Linux; elsewhere shells give their place to the only program they are to run. */
function shellsParent(pid) {
  try {
    const [, name, parent] = /\((.*)\) \S+ (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return name.endsWith('sh') ? parent : '';
  } catch {
    return '';
  }
}
