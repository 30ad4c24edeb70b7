import { parseArgs } from 'node:util';

export interface DeployCommand {
  command: 'deploy' | 'hotfix' | 'help';
  /** Undefined in a rehearsal. */
  project: string | undefined;
  isRehearsal: boolean;
  /** As given; a hot fix opens the second. */
  phase: 1 | 2;
  isDryRun: boolean;
  isAgreed: boolean;
  isRolledBackByItself: boolean;
  watchS: number;
  batchCount: number;
  keyFile: string | undefined;
}

export const HELP = `npm run deploy -- --project PROJECT --phase 1|2      puts this version of Sori on Google Cloud
npm run deploy -- --rehearse --phase 1|2             the same on this machine, against stand-ins of Google's servers
npm run deploy -- --project PROJECT --hotfix storage-key --file KEY.json
                                                     gives the storage a new key and opens phase 2: nothing is deployed again

  --phase 1        live with what works: no new songs and no uploads · 1단계: 되는 것만 먼저
  --phase 2        all of it · 2단계: 전부
  --dry-run        shows the plan and ends · 계획만 보여 줍니다
  --yes            does not ask; needed where nobody is at the terminal · 묻지 않고 진행합니다
  --auto-rollback  goes back by itself when the smoke test or the watch fails · 실패하면 스스로 되돌립니다
  --watch MINUTES  how long to watch afterwards, 0 to 60; by default 5, in a rehearsal 0.2 · 배포 후 지켜볼 시간
  --batch N        functions that are deployed at once, by default 8: quotas of a new project bear no more · 한 번에 배포할 함수 수
  --file KEY       the new key of a hot fix; a rehearsal makes its own · 새 키 파일

A run that was broken off goes on where it was when the same command is given again · 중단된 배포는 같은 명령으로 이어집니다
What the functions are told stands in .env.PROJECT (docs/deploy.md). Back to the release before: npm run rollback -- --project PROJECT`;

const OPTIONS = {
  project: { type: 'string' },
  rehearse: { type: 'boolean' },
  phase: { type: 'string' },
  hotfix: { type: 'string' },
  file: { type: 'string' },
  'dry-run': { type: 'boolean' },
  yes: { type: 'boolean' },
  'auto-rollback': { type: 'boolean' },
  watch: { type: 'string' },
  batch: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** @throws saying what to type instead */
export function readCommandLine(args: string[]): DeployCommand {
  const { values } = parse(args);
  const isRehearsal = values.rehearse === true;
  const command = values.help ? 'help' : values.hotfix === undefined ? 'deploy' : 'hotfix';
  const read: DeployCommand = {
    command,
    project: values.project,
    isRehearsal,
    phase: values.phase === '1' ? 1 : 2,
    isDryRun: values['dry-run'] === true,
    isAgreed: values.yes === true,
    isRolledBackByItself: values['auto-rollback'] === true,
    watchS: Math.round(numberOf('--watch', values.watch, isRehearsal ? 0.2 : 5, 60) * 60),
    batchCount: Math.max(1, Math.round(numberOf('--batch', values.batch, 8, 100))),
    keyFile: values.file,
  };
  if (command === 'help') return read;
  if (isRehearsal === (read.project !== undefined)) throw new Error(`Either --project PROJECT or --rehearse.\n\n${HELP}`);
  if (values.hotfix !== undefined && values.hotfix !== 'storage-key') throw new Error('There is one hot fix: --hotfix storage-key');
  if (command === 'deploy' && !/^[12]$/.test(values.phase ?? '')) throw new Error(`Which phase? --phase 1 or --phase 2.\n\n${HELP}`);
  if (command === 'deploy' && read.keyFile) throw new Error('--file belongs to --hotfix storage-key');
  if (command === 'hotfix' && !isRehearsal && !read.keyFile) throw new Error('Which key? --hotfix storage-key --file KEY.json');
  return read;
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS });
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${HELP}`);
  }
}

function numberOf(option: string, text: string | undefined, otherwise: number, most: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (Number.isFinite(value) && value >= 0 && value <= most) return value;
  throw new Error(`${option} takes a number from 0 to ${most}, not "${text}"`);
}
