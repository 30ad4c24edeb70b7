/**
 * `npm run schedule -- plan|apply|run <job>`: makes the jobs of Cloud Scheduler equal to those that the functions declare, and fires one.
 *
 * Exit status 1 when something is wrong, or a run has failed.
 */
import { join } from 'node:path';
import { closeDatabase, config, functionsUrl, required, schedulerClient } from '#shared/runtime';
import { findPlace } from './doctor/place.ts';
import { loadEndpoints } from './loadEndpoints.ts';
import { readOwnAddress } from './local/google/index.ts';
import { serviceUrlOf } from './local/ownSettings.ts';
import { applyPlan, listJobs } from './schedule/applyPlan.ts';
import { HELP, readCommandLine, type ScheduleCommand } from './schedule/commandLine.ts';
import { planJobs, showPlan } from './schedule/planJobs.ts';
import { runNow } from './schedule/runNow.ts';
import { parentOf, wantedJobs } from './schedule/wantedJobs.ts';

type Asked = Exclude<ScheduleCommand, { command: 'help' }>;

process.once('disconnect', () => process.exit(1)); // whoever started us is gone, and with it what we write to
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));
process.exitCode = await main().catch((error: Error) => {
  console.error(error.message);
  return 1;
});
process.exit();

async function main(): Promise<number> {
  const asked = readCommandLine(process.argv.slice(2));
  if (asked.command === 'help') {
    console.log(HELP);
    return 0;
  }
  const place = await findPlace(asked.project, process.env, `npm run schedule -- ${asked.command}`);
  const isLocal = place.settings['FIRESTORE_EMULATOR_HOST'] !== undefined;
  Object.assign(process.env, { LOG_LEVEL: 'silent', ...(isLocal ? localSettings(place.settings) : {}), ...process.env, ...place.settings });
  const say = (text: string) => (asked.isJson ? console.error(text) : console.log(text));
  say(`At ${place.name}`);
  try {
    return asked.command === 'run' ? await run(asked.job, asked.isJson, say) : await declare(asked, say);
  } finally {
    await closeDatabase();
  }
}

/** What the environment lacks to reach the Scheduler of the Sori that runs on this machine. */
function localSettings({ GOOGLE_CLOUD_PROJECT }: Record<string, string>): Record<string, string> {
  const address = readOwnAddress(join(process.env['SORI_DATA_DIR'] || '.sori', 'scheduler'));
  if (!address && !process.env['CLOUD_SCHEDULER_ENDPOINT']) {
    throw new Error(
      'The local Scheduler is not there. In another terminal: npm start\n로컬 스케줄러가 없습니다. 다른 터미널에서 npm start 를 먼저 실행하세요.',
    );
  }
  return {
    METADATA_SERVER_DETECTION: 'none',
    SERVICE_URL: serviceUrlOf(Number(process.env['PORT'] || 8080)),
    SCHEDULER_SERVICE_ACCOUNT: `scheduler@${GOOGLE_CLOUD_PROJECT}.iam.gserviceaccount.com`,
    ...(address ? { CLOUD_SCHEDULER_ENDPOINT: new URL(address).host } : {}),
  };
}

async function declare(asked: Extract<Asked, { pause: string[] }>, say: (text: string) => void): Promise<number> {
  const { GOOGLE_CLOUD_PROJECT: projectId, REGION: region, SERVICE_TIME_ZONE: timeZone } = config();
  const place = { projectId, region, timeZone, functionsUrl: functionsUrl(), serviceAccount: required('SCHEDULER_SERVICE_ACCOUNT') };
  const client = await schedulerClient();
  const plans = planJobs(await listJobs(client, parentOf(place)), wantedJobs(await loadEndpoints(), place), asked.pause);
  if (asked.isJson)
    console.log(
      JSON.stringify(
        plans.map(({ job, sign, steps, details }) => ({ job, sign, steps, details })),
        null,
        2,
      ),
    );
  else say(showPlan(plans).join('\n'));
  if (asked.command === 'plan') return plans.some(({ sign }) => sign === '!') ? 1 : 0;
  await applyPlan(client, parentOf(place), plans);
  if (plans.some(({ steps }) => steps.length > 0)) say('Done · 적용했습니다');
  return 0;
}

async function run(job: string, isJson: boolean, say: (text: string) => void): Promise<number> {
  const { GOOGLE_CLOUD_PROJECT: projectId, REGION: region } = config();
  const name = `${parentOf({ projectId, region })}/jobs/${job}`;
  const { isSound, lines, data } = await runNow({ client: await schedulerClient(), name, job, say });
  console.log(isJson ? JSON.stringify(data, null, 2) : lines.join('\n'));
  return isSound ? 0 : 1;
}
