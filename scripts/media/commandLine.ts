import { parseArgs } from 'node:util';

export interface MediaCommand {
  command: 'help' | 'status' | 'verify' | 'sync' | 'claim';
  project: string | undefined;
  isQuick: boolean;
}

export const HELP = `npm run media -- <command>      the files of songs and pictures, and the stores that are to have them

  status    how many there are, what each store has, what is on its way, and what was lost
            파일 수와 각 저장소의 상태를 보여 줍니다
  verify    reads every copy of every file to its end and compares it; bad ones are then made again from good ones
            모든 사본을 끝까지 읽어 비교하고, 손상된 사본은 복구하도록 표시합니다
  sync      brings every file to every store now, and waits for it
            모든 파일을 지금 모든 저장소로 복사합니다
  claim     makes stores this database's own that bear no mark yet: from then on sweepStorage removes what no document here names
            아직 표시가 없는 저장소를 이 데이터베이스의 것으로 표시합니다

Options
  --quick            verify only looks whether each copy is there · 존재 여부만 빠르게 확인합니다
  --project PROJECT  a project of Google Cloud, with your own credentials (gcloud auth application-default login);
                     without it, the Sori that runs on this machine (npm start)
  --help             this text

The stores are those of MEDIA_STORES; by default the bucket <project>-media. Exit status 1 when something is wrong.`;

const COMMANDS = ['status', 'verify', 'sync', 'claim'] as const;

/** @throws saying what to type instead */
export function readCommandLine(args: string[]): MediaCommand {
  const { values, positionals } = parse(args);
  const [typed, ...more] = positionals;
  const command = COMMANDS.find((name) => name === typed);
  const options = { project: values.project, isQuick: values.quick === true };
  if (values.help || typed === undefined || typed === 'help') return { command: 'help', ...options };
  if (!command) throw new Error(`There is no command "${typed}".\n\n${HELP}`);
  if (more.length > 0) throw new Error(`${command} takes nothing more, not: ${more.join(' ')}`);
  if (options.isQuick && command !== 'verify') throw new Error(`--quick belongs to verify, not to ${command}.`);
  return { command, ...options };
}

function parse(args: string[]) {
  const options = { help: { type: 'boolean', short: 'h' }, quick: { type: 'boolean' }, project: { type: 'string' } } as const;
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${HELP}`);
  }
}
