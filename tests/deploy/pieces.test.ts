/** What a deployment is made of, piece by piece. The whole of it is in story.test.ts. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { parseSettings, STAND_IN_SETTINGS } from '#shared/runtime';
import { projectFolder } from '../../scripts/check/command.ts';
import { ACCOUNTS, accountOf } from '../../scripts/deploy/accounts.ts';
import { settingsText } from '../../scripts/deploy/bundle.ts';
import { readCommandLine } from '../../scripts/deploy/commandLine.ts';
import { newRelease, Releases } from '../../scripts/deploy/release.ts';
import { rehearsedTarget } from '../../scripts/deploy/target.ts';
import { loadEndpoints } from '../../scripts/loadEndpoints.ts';
import { keepSource } from '../../scripts/local/controlPlane/keepSource.ts';
import { readZip } from '../../scripts/local/controlPlane/zip.ts';

/** The parts of the firebase CLI that read `.env.<project>`. */
interface EnvParser {
  parse(text: string): { envs: Record<string, string>; errors: string[] };
  validateKey(key: string): void;
}
const require = createRequire(join(projectFolder, 'package.json'));
const parser = require('firebase-tools/lib/functions/env.js') as EnvParser;

const scratch = mkdtempSync(join(tmpdir(), 'sori-pieces-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const url = 'http://127.0.0.1:9';
const addresses = { controlPlaneUrl: url, serviceUrl: `${url}/v1`, storageUrl: url, tokenUrl: url, certsUrl: url };
const hosts = { schedulerEndpoint: '127.0.0.1:9', firestoreHost: '127.0.0.1:9', authHost: '127.0.0.1:9' };
const target = rehearsedTarget({ projectId: 'demo-pieces', directory: scratch, operatorToken: 'x', ...addresses, ...hosts });

describe('The settings of the functions', () => {
  it('are read by the firebase CLI exactly as they were meant', () => {
    const odd = { ...target.settings, ODD: 'a "quoted" # value with \\ and = and $HOME' };
    expect(parser.parse(settingsText(odd))).toEqual({ envs: odd, errors: [] });
  });

  it('have names that the CLI takes, and values that the functions take', () => {
    expect(() => {
      for (const name of Object.keys(target.settings)) parser.validateKey(name);
    }).not.toThrow();
    expect(parseSettings({ ...target.settings, GOOGLE_CLOUD_PROJECT: target.projectId, K_SERVICE: 'getstatus' }).REGION).toBe(
      'asia-northeast3',
    );
  });

  it('hold no secret, and nothing that leads to a stand-in', () => {
    const names = Object.keys(target.settings);
    expect(names.filter((name) => STAND_IN_SETTINGS.some((standIn) => standIn === name))).toEqual([]);
    expect(names.filter((name) => /^(JWT_SECRET|BACKUP_SECRET|TOPMEDIAI_API_KEY|ALERT_WEBHOOK_URL|GCS_KEY_FILE)$/.test(name))).toEqual([]);
    expect(target.settings['MALLOC_ARENA_MAX']).toBe('2');
  });
});

describe('docs/deploy.md', () => {
  it('lists the accounts with the roles that they are given', () => {
    const page = readFileSync(join(projectFolder, 'docs', 'deploy.md'), 'utf8');
    const listed = [...page.matchAll(/^\| `sori-(\w+)` \|[^|]*\|([^|]*)\|([^|]*)\|$/gm)].map(([, name, project, buckets]) => [
      name,
      codes(project),
      codes(buckets),
    ]);
    const given = Object.entries(ACCOUNTS).map(([name, { roles, buckets }]) => [name, roles, Object.values(buckets)]);
    expect(listed).toEqual(given);
  });

  it('says which functions run as which account', async () => {
    const page = readFileSync(join(projectFolder, 'docs', 'deploy.md'), 'utf8');
    const row = /^\| `sori-backup` \|([^|]*)\|/m.exec(page)?.[1];
    const ofBackup = (await loadEndpoints()).filter((endpoint) => accountOf(endpoint) === 'backup').map(({ name }) => name);
    expect(codes(row).sort()).toEqual(ofBackup.sort());
  });
});

function codes(cell = ''): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? '');
}

describe('The command line', () => {
  it.each([
    [['--phase', '1'], /Either --project PROJECT or --rehearse/],
    [['--project', 'p', '--rehearse', '--phase', '1'], /Either --project PROJECT or --rehearse/],
    [['--rehearse'], /Which phase/],
    [['--rehearse', '--phase', '3'], /Which phase/],
    [['--rehearse', '--hotfix', 'database'], /one hot fix/],
    [['--project', 'p', '--hotfix', 'storage-key'], /Which key/],
    [['--rehearse', '--phase', '1', '--watch', 'long'], /--watch takes a number/],
    [['--rehearse', '--fase', '1'], /Unknown option/],
  ])('%j says what to type instead', (args, message) => {
    expect(() => readCommandLine(args)).toThrow(message);
  });
});

describe('A release', () => {
  const releases = new Releases(join(scratch, 'releases'));
  const at = (minute: number) => new Date(Date.UTC(2026, 10, 24, 3, minute));
  const first = { ...newRelease('demo-pieces', 1, 'aaaa', at(1)), state: 'live' as const };
  const second = { ...newRelease('demo-pieces', 2, 'bbbb', at(2)), state: 'failed' as const, done: ['accounts'] };

  it('that was broken off goes on only with the same build and the same phase', () => {
    releases.save(first);
    releases.save(second);
    expect(releases.unfinished('bbbb', 2)).toEqual(second);
    expect(releases.unfinished('bbbb', 1)).toBeUndefined();
    expect(releases.unfinished('cccc', 2)).toBeUndefined();
    expect(releases.live()).toEqual(first);
  });
});

describe('The stand-in that takes the source', () => {
  const keep = (files: Record<string, string>) => () => keepSource(zipOf({ 'package.json': PACKAGE, ...files }), join(scratch, 'sources'));
  const PACKAGE = JSON.stringify({ dependencies: { sharp: '1' }, engines: { node: '24' } });

  it('keeps what the build makes, under the same name each time', () => {
    expect(keep({ 'index.js': 'a' })()).toEqual(keep({ 'index.js': 'a' })());
  });

  it.each([
    ['a test', { 'functions/getSong.test.ts': '' }, /no file of the build/],
    ['the documentation page', { 'public/docs/index.html': '' }, /no file of the build/],
    ['installed packages', { 'node_modules/jest/index.js': '' }, /no file of the build/],
    ['a development dependency', { 'package.json': PACKAGE.replace('sharp', 'jest') }, /jest is no dependency/],
    ['a secret among the settings', { '.env.demo-pieces': 'JWT_SECRET=abc' }, /a secret among the settings/],
    ['a private key', { 'index.js': `-----BEGIN PRIVATE KEY-----\n${'M'.repeat(64)}` }, /a private key/],
  ])('refuses %s', (_what, files, message) => {
    expect(keep(files)).toThrow(message);
  });

  it('reads what the packer of the CLI has packed', () => {
    expect(readZip(zipOf({ 'a/b.js': 'text' }))).toEqual([{ path: 'a/b.js', content: Buffer.from('text') }]);
  });
});

/** A zip of stored entries. @see PKWARE APPNOTE.TXT, 4.3 */
function zipOf(files: Record<string, string>): Buffer {
  const bodies: Buffer[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  for (const [path, text] of Object.entries(files)) {
    const [name, content] = [Buffer.from(path), Buffer.from(text)];
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt32LE(content.length, 20);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    bodies.push(header, name, content);
    entries.push(entry, name);
    offset += 30 + name.length + content.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, ...entries, end]);
}
