/** What `npm run restore` takes, and what its local secrets are made of. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { localSecrets } from '../../../scripts/local/localSecrets.ts';
import { HELP, readCommandLine } from '../../../scripts/restore/commandLine.ts';

const directory = mkdtempSync(join(tmpdir(), 'sori-secrets-'));

afterAll(() => rmSync(directory, { recursive: true }));

describe('npm run restore', () => {
  it('takes a backup and a database, and says which it was given', () => {
    expect(readCommandLine(['--from', '2026-11-23', '--to', '(default)', '--dry-run'])).toEqual({
      ...{ command: 'restore', from: '2026-11-23', to: '(default)', isDryRun: true, isForced: false, project: undefined },
      ...{ accounts: 'missing', mayBeOther: false, isImportEnded: false },
    });
    expect(readCommandLine(['--from', 'latest', '--to', 'elsewhere', '--into-other-project'])).toMatchObject({
      ...{ accounts: 'none', mayBeOther: true },
    });
    expect(readCommandLine(['--from', 'latest', '--to', 'elsewhere', '--accounts', 'replace'])).toMatchObject({ accounts: 'replace' });
    expect(readCommandLine([]).command).toBe('help');
    expect(['list', 'release', 'drill'].map((command) => readCommandLine([command]).command)).toEqual(['list', 'release', 'drill']);
  });

  it.each([
    [['--from', 'latest'], 'Give both --from and --to.'],
    [['--to', '(default)'], 'Give both --from and --to.'],
    [['--from', 'latest', '--to', 'Elsewhere!'], '--to must be "(default)", or 4 to 63 of a-z, 0-9 and - that begin with a letter.'],
    [['--from', 'latest', '--to', '(default)', '--dry-run', '--force'], '--dry-run and --force contradict each other.'],
    [['--from', 'latest', '--to', '(default)', '--accounts', 'all'], '--accounts is one of none, missing, replace.'],
    [['bring'], 'There is no command "bring".'],
    [['--what'], "Unknown option '--what'"],
  ])('says what to type instead of %j', (args, text) => {
    expect(() => readCommandLine(args)).toThrow(text);
  });

  it('explains itself in English and Korean', () => {
    expect(HELP).toMatch(/brings a backup back/);
    expect(HELP).toMatch(/복원할 백업/);
  });
});

describe('the secrets of the local cloud', () => {
  it('get what a file of before lacks, and keep the rest', () => {
    const before = { JWT_SECRET: 'j'.repeat(64), TOPMEDIAI_API_KEY: 'local-key' };
    writeFileSync(join(directory, 'secrets.json'), JSON.stringify(before), { mode: 0o600 });
    const secrets = localSecrets(directory);
    expect(secrets).toEqual({ ...before, BACKUP_SECRET: expect.stringMatching(/^[0-9a-f]{96}$/) });
    expect(localSecrets(directory)).toEqual(secrets);
    expect(statSync(join(directory, 'secrets.json')).mode & 0o777).toBe(0o600);
  });
});
