import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { takeDataLock } from '../../scripts/local/dataLock.ts';
import { localSecrets } from '../../scripts/local/localSecrets.ts';
import { snapshotsIn } from '../../scripts/local/snapshots.ts';
import { waitUntil } from '../../scripts/local/waitUntil.ts';

let scratch: string;
let directory: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'sori-test-launcher-'));
});
beforeEach(async () => {
  directory = await mkdtemp(join(scratch, 'case-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

describe('the lock of a data directory', () => {
  it('is held by one process at a time, and given back at a clean end', async () => {
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'start.ts'], { stdio: 'ignore' });
    await writeFile(join(directory, 'lock.json'), JSON.stringify({ pid: other.pid, startedAt: 'then' }));
    expect(() => takeDataLock(directory)).toThrow(`in use by another npm start (process ${other.pid})`);
    other.kill('SIGKILL');
    await once(other, 'exit');

    const lock = takeDataLock(directory);
    expect(lock.wasLeftBehind).toBe(true);
    lock.release();
    expect(await readdir(directory)).toEqual([]);
    expect(takeDataLock(directory).wasLeftBehind).toBe(false);
  });

  it('is taken over when its process id now belongs to another program', async () => {
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    await writeFile(join(directory, 'lock.json'), JSON.stringify({ pid: stranger.pid, startedAt: 'then' }));
    expect(takeDataLock(directory).wasLeftBehind).toBe(process.platform === 'linux');
    stranger.kill('SIGKILL');
  });

  it('is taken over when its file is damaged', async () => {
    await writeFile(join(directory, 'lock.json'), '{"pid":');
    expect(takeDataLock(directory).wasLeftBehind).toBe(true);
  });
});

describe('local secrets', () => {
  it('are made once and readable by their owner only', async () => {
    const first = localSecrets(directory);
    expect(localSecrets(directory)).toEqual(first);
    expect((await stat(join(directory, 'secrets.json'))).mode & 0o777).toBe(0o600);
  });
});

describe('snapshots of the emulators', () => {
  /** Stands for an emulator: its export is what it holds, in the emulator's own file names. */
  const firestore = (text: () => string) => ({
    exportTo: async (path: string) => {
      await mkdir(path);
      await writeFile(join(path, 'output-0'), text());
      await writeFile(join(path, 'all.export_metadata'), String(Math.random()));
    },
  });
  const auth = { exportTo: (path: string) => writeFile(path, '{"users":[]}') };

  it('are taken only when something has changed, and only the newest is kept', async () => {
    let text = 'one';
    const snapshots = snapshotsIn(directory);
    expect(snapshots.newest()).toEqual({});
    await snapshots.take({ firestore: firestore(() => text), auth });
    const first = await readdir(directory);
    await snapshots.take({ firestore: firestore(() => text), auth });
    expect(await readdir(directory)).toEqual(first);

    text = 'two';
    await snapshots.take({ firestore: firestore(() => text), auth });
    const second = await readdir(directory);
    expect(second).toHaveLength(1);
    expect(second).not.toEqual(first);
    expect(snapshotsIn(directory).newest()).toEqual({
      firestore: join(directory, second[0] ?? '', 'firestore'),
      auth: join(directory, second[0] ?? '', 'auth.json'),
    });
  });

  it('leave the last good one in place when the next breaks off half-way', async () => {
    const snapshots = snapshotsIn(directory);
    await snapshots.take({ firestore: firestore(() => 'good'), auth });
    const broken = { exportTo: () => Promise.reject(new Error('killed')) };
    await expect(snapshots.take({ firestore: firestore(() => 'half'), auth: broken })).rejects.toThrow('killed');
    const { firestore: path = '' } = snapshotsIn(directory).newest();
    expect(await readFile(join(path, 'output-0'), 'utf8')).toBe('good');
    await snapshots.take({ firestore: firestore(() => 'whole'), auth });
    expect(await readFile(join(snapshots.newest().firestore ?? '', 'output-0'), 'utf8')).toBe('whole');
  });

  it('carry on the state of an emulator that another one stands in for this time', async () => {
    await snapshotsIn(directory).take({ firestore: firestore(() => 'mine'), auth });
    await snapshotsIn(directory).take({ firestore: firestore(() => 'changed') });
    expect(await readFile(snapshotsIn(directory).newest().auth ?? '', 'utf8')).toBe('{"users":[]}');
  });
});

describe('bootstrap', () => {
  const LOCK = { packages: { '': {}, 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '1.0.0', optional: true } } };

  /** A clone whose npm writes what it was asked to a file, and installs what the lock says, or fails. */
  async function clone(npm: 'works' | 'fails' = 'works'): Promise<string> {
    await mkdir(join(directory, 'scripts'));
    await copyFile(join(import.meta.dirname, '..', '..', 'scripts', 'bootstrap.mjs'), join(directory, 'scripts', 'bootstrap.mjs'));
    await writeFile(join(directory, 'package-lock.json'), JSON.stringify(LOCK));
    await writeFile(
      join(directory, 'npm-cli.js'),
      `const { appendFileSync, copyFileSync, mkdirSync, symlinkSync, rmSync } = require('node:fs');
      appendFileSync('asked', process.argv.slice(2).join(' ') + '\\n');
      if (${npm === 'fails'}) { console.error('registry unreachable'); process.exit(1); }
      rmSync('node_modules', { recursive: true, force: true });
      mkdirSync('node_modules/node/bin', { recursive: true });
      symlinkSync(process.execPath, 'node_modules/node/bin/node');
      copyFileSync('package-lock.json', 'node_modules/.package-lock.json');`,
    );
    await writeFile(
      join(directory, 'scripts', 'hello.mjs'),
      `process.on('SIGTERM', () => process.exit(7));
      console.log('hello', ...process.argv.slice(2), process.env.METADATA_SERVER_DETECTION);
      if (process.argv[2] === 'wait') setInterval(() => {}, 1000); else process.exitCode = 5;`,
    );
    return directory;
  }

  function bootstrap(root: string, ...args: string[]) {
    const { npm_lifecycle_event: _event, ...env } = process.env;
    const child = spawn(process.execPath, [join(root, 'scripts', 'bootstrap.mjs'), 'scripts/hello.mjs', ...args], {
      env: { ...env, npm_execpath: join(root, 'npm-cli.js') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const collect = (piece: Buffer) => {
      output += piece.toString();
    };
    for (const stream of [child.stdout, child.stderr]) stream.on('data', collect);
    const ended = once(child, 'close').then(([code]) => ({ code: code as number, output }));
    return { child, ended };
  }

  const asked = async (root: string) => (await readFile(join(root, 'asked'), 'utf8').catch(() => '')).split('\n').filter(Boolean);

  it('installs once, again when the lock has changed or the installation was broken off, and hands over', async () => {
    const root = await clone();
    const first = await bootstrap(root, 'one', 'two').ended;
    expect(first.code).toBe(5);
    expect(first.output).toMatch(/Installing packages[\s\S]*hello one two none\n$/);
    expect(await bootstrap(root).ended).toEqual({ code: 5, output: 'hello none\n' });
    expect(await asked(root)).toEqual(['ci --include=dev --strict-allow-scripts --no-audit --no-fund']);

    await writeFile(join(root, 'package-lock.json'), JSON.stringify(LOCK).replace('1.0.0', '1.0.1'));
    await bootstrap(root).ended;
    await rm(join(root, 'node_modules', '.package-lock.json'));
    await bootstrap(root).ended;
    expect(await asked(root)).toHaveLength(3);
  }, 30_000);

  it('installs once when two commands are typed at the same moment', async () => {
    const root = await clone();
    const ends = await Promise.all([bootstrap(root).ended, bootstrap(root).ended]);
    expect(ends.map(({ code }) => code)).toEqual([5, 5]);
    expect(await asked(root)).toHaveLength(1);
  }, 30_000);

  it('says why the installation has failed', async () => {
    const root = await clone('fails');
    const { code, output } = await bootstrap(root).ended;
    expect(code).toBe(1);
    expect(output).toMatch(/npm ci has failed:\nregistry unreachable\nAll of it: .*install\.log\n$/);
  }, 30_000);

  it('passes signals on', async () => {
    const root = await clone();
    const { child, ended } = bootstrap(root, 'wait');
    child.stdout.on('data', () => child.kill('SIGTERM'));
    expect((await ended).code).toBe(7);
  }, 30_000);

  it('ends its script when the npm that started it is killed with no chance to tell', async () => {
    const root = await clone();
    await bootstrap(root).ended;
    await writeFile(
      join(root, 'scripts', 'hello.mjs'),
      `import { writeFileSync } from 'node:fs';
      process.on('SIGTERM', () => { writeFileSync('ended', 'in order'); process.exit(0); });
      writeFileSync('running', ''); setInterval(() => {}, 1000);`,
    );
    const command = [process.execPath, join(root, 'scripts', 'bootstrap.mjs'), 'scripts/hello.mjs'];
    const npm = spawn(
      process.execPath,
      ['-e', `require('node:child_process').spawn('sh', ['-c', ${JSON.stringify(`"${command.join('" "')}"; true`)}])`],
      {
        cwd: root,
        env: { ...process.env, npm_lifecycle_event: 'start' },
        stdio: 'ignore',
      },
    );
    await waitUntil('the script runs', () => existsSync(join(root, 'running')), 10_000);
    npm.kill('SIGKILL');
    await waitUntil('the script has ended', () => existsSync(join(root, 'ended')), 5_000);
    expect(await readFile(join(root, 'ended'), 'utf8')).toBe('in order');
  }, 30_000);
});
