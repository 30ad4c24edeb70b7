import { parseArgs } from 'node:util';
import { LIVE_DATABASE } from '#shared/backups';

const ACCOUNTS = ['none', 'missing', 'replace'] as const;
export type AccountsMode = (typeof ACCOUNTS)[number];

export interface RestoreCommand {
  command: 'help' | 'restore' | 'list' | 'release' | 'drill';
  /** `latest`, a day or the beginning of a time (UTC), or a backup's id. */
  from: string;
  to: string;
  isDryRun: boolean;
  isForced: boolean;
  /** What becomes of the accounts in Firebase Auth. */
  accounts: AccountsMode;
  /** The import that was asked for before does not run any more, though nobody knows its name. */
  isImportEnded: boolean;
  /** The backup may be of another project than the one that is written to. */
  mayBeOther: boolean;
  project: string | undefined;
}

export const HELP = `npm run restore -- --from DATE --to DATABASE     brings a backup back: documents, and, into (default), accounts

  --from     latest, a day (2026-11-23), a time (2026-11-23T19:00, UTC), or a backup's id
             복원할 백업: latest, 날짜, 시각(UTC) 또는 백업 id
  --to       the database: "(default)" is the one that serves; another name is made when it is not there
             대상 데이터베이스
  --dry-run  only shows what would be done · 무엇을 할지 보여 주기만 합니다
  --force    also into a database that has documents, and from a backup that was not verified
             비어 있지 않은 데이터베이스에도 복원합니다
  --accounts missing   those that Firebase Auth lacks; whoever is there stays as he is (usual into "(default)")
             replace   also those that are there: passwords and states of then, and they have to sign in again
             none      Firebase Auth is not touched (usual into another database)
             Auth 계정: 없는 계정만(missing), 모두 되돌림(replace), 건드리지 않음(none)
  --import-ended         goes on though it is not known what became of an import; look first whether it still runs
                         이전 가져오기가 끝났음을 확인했을 때 이어서 합니다
  --into-other-project   the backup may be of another project · 다른 프로젝트의 백업을 복원합니다

npm run restore -- list       the backups that the bucket has · 백업 목록
npm run restore -- release    lets the storage be swept again, once the restored service has been looked at
                              복원 후 저장소 정리를 다시 허용합니다
npm run restore -- drill      fills, backs up, destroys and restores a local cloud of its own, and compares
                              별도의 로컬 환경에서 복원 훈련을 합니다

  --project PROJECT  a project of Google Cloud, with your own credentials, and with BACKUP_BUCKET, BACKUP_SECRET and JWT_SECRET
                     in the environment; without it, the Sori that runs on this machine (npm start)

Before a restore into "(default)": npm run schedule -- apply --pause all. Run again, it goes on where it stopped.
Exit status 1 when something is not equal, or nothing was done. See docs/backups.md.`;

const COMMANDS = ['list', 'release', 'drill', 'help'] as const;

/** @throws saying what to type instead */
export function readCommandLine(args: string[]): RestoreCommand {
  const { values, positionals } = parse(args);
  const [typed, ...more] = positionals;
  const named = COMMANDS.find((name) => name === typed);
  if (typed !== undefined && (!named || more.length > 0)) throw new Error(`There is no command "${positionals.join(' ')}".\n\n${HELP}`);
  const to = values.to ?? '';
  const given = { from: values.from ?? '', to, isDryRun: values['dry-run'] === true, isForced: values.force === true };
  const command = values.help ? 'help' : (named ?? (given.from === '' && to === '' ? 'help' : 'restore'));
  if (command === 'restore' && (given.from === '' || to === '')) throw new Error(`Give both --from and --to.\n\n${HELP}`);
  if (command === 'restore' && !/^(\(default\)|[a-z][a-z0-9-]{2,61}[a-z0-9])$/.test(to)) {
    throw new Error('--to must be "(default)", or 4 to 63 of a-z, 0-9 and - that begin with a letter.');
  }
  if (given.isDryRun && given.isForced) throw new Error('--dry-run and --force contradict each other.');
  const flags = { mayBeOther: values['into-other-project'] === true, isImportEnded: values['import-ended'] === true };
  return { command, ...given, accounts: accountsOf(values.accounts, to), ...flags, project: values.project };
}

function accountsOf(given: string | undefined, to: string): AccountsMode {
  if (given === undefined) return to === LIVE_DATABASE ? 'missing' : 'none';
  const mode = ACCOUNTS.find((name) => name === given);
  if (!mode) throw new Error(`--accounts is one of ${ACCOUNTS.join(', ')}.`);
  return mode;
}

function parse(args: string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    ...{
      from: text,
      to: text,
      project: text,
      accounts: text,
      'dry-run': flag,
      force: flag,
      'into-other-project': flag,
      'import-ended': flag,
    },
    help: { ...flag, short: 'h' },
  } as const;
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${HELP}`);
  }
}
