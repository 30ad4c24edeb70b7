import { parseArgs } from 'node:util';

export type ScheduleCommand =
  | { command: 'help' }
  | { command: 'plan' | 'apply'; pause: string[]; project: string | undefined; isJson: boolean }
  | { command: 'run'; job: string; project: string | undefined; isJson: boolean };

export const HELP = `npm run schedule -- <command>      the jobs of Cloud Scheduler, and what the functions declare

  plan        shows what apply would do: + create, ~ change, - delete, = as it is to be, ! not ours
              적용할 변경 사항을 보여 줍니다
  apply       makes the jobs equal to the declared ones; those of others stay as they are. Repeating it changes nothing
              선언된 작업과 같게 만듭니다. 다른 작업은 건드리지 않습니다
  run <job>   fires the job now, and shows what comes of it until it is done
              작업을 지금 실행하고 결과를 보여 줍니다

Options
  --pause JOB[,JOB]  these are to be paused (all: every one); without it, all are to run · 일시 중지할 작업
  --json             the plan or the result as JSON, and nothing else on standard output
  --project PROJECT  a project of Google Cloud, with your own credentials (gcloud auth application-default login) and its settings
                     (REGION, SERVICE_URL, SERVICE_TIME_ZONE, SCHEDULER_SERVICE_ACCOUNT); without it, the Sori that runs here (npm start)
  --help             this text

Exit status 1 when something is wrong, or a run has failed.`;

/** @throws saying what to type instead */
export function readCommandLine(args: string[]): ScheduleCommand {
  const { values, positionals } = parse(args);
  const [command, job, ...more] = positionals;
  const { project, json: isJson = false } = values;
  if (values.help || command === undefined || command === 'help') return { command: 'help' };
  if (command !== 'plan' && command !== 'apply' && command !== 'run') throw new Error(`There is no command "${command}".\n\n${HELP}`);
  if (command === 'run') {
    if (job === undefined || more.length > 0)
      throw new Error('run takes one job: npm run schedule -- run sweepStorage · 작업 이름을 하나 적어 주세요');
    if (values.pause !== undefined) throw new Error('--pause belongs to plan and apply, not to run.');
    return { command, job, project, isJson };
  }
  if (job !== undefined) throw new Error(`${command} takes nothing more, not: ${[job, ...more].join(' ')}`);
  return { command, pause: (values.pause ?? '').split(',').filter(Boolean), project, isJson };
}

function parse(args: string[]) {
  const options = {
    help: { type: 'boolean', short: 'h' },
    json: { type: 'boolean' },
    pause: { type: 'string' },
    project: { type: 'string' },
  } as const;
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${HELP}`);
  }
}
