/**
 * The drill: a local cloud of its own is filled, backed up, destroyed and restored, and everything is compared. It never touches one that
 * runs already. What it cannot show, it says.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudSchedulerClient } from '@google-cloud/scheduler';
import { grpc } from 'google-gax';
import { STAND_IN_SETTINGS } from '#shared/runtime';
import { runScript } from '../local/processes/child.ts';
import { type Progress, showProgress } from '../local/progress.ts';
import { waitUntil } from '../local/waitUntil.ts';
import { DrillCloud } from './drillCloud.ts';
import { accountsOf, addThings, call, type DrillPerson, documentOf, NOT_BEGUN, signUpPeople, stateOfNewest } from './drillData.ts';

const BACKUP_MS = 5 * 60_000;
/** A run that has failed would be repeated by the Scheduler only after some minutes; firing it again does no harm. */
const FIRE_AGAIN_MS = 30_000;
const TOMBSTONE_MS = 60_000;
const CALL = { timeout: 10_000 };

const CANNOT_SHOW = [
  'Not shown here, for the emulators cannot:',
  '- that passwords hashed by Firebase itself still fit: the Auth emulator keeps passwords in a form of its own and has no hash parameters',
  "- Firestore's managed export and import: here the emulator's own stand in for them, behind the same port",
  '- how long it takes with your data. See docs/backups.md for the drill on Google Cloud',
];

/** @returns whether everything came back equal */
export async function drill(): Promise<boolean> {
  for (const name of STAND_IN_SETTINGS) delete process.env[name]; // Google's clients read them: nothing of another cloud is touched
  process.env['METADATA_SERVER_DETECTION'] = 'none';
  const directory = await mkdtemp(join(tmpdir(), 'sori-drill-'));
  const progress = showProgress();
  let cloud: DrillCloud | undefined;
  try {
    cloud = await progress.step('a local cloud of its own', DrillCloud.start(directory));
    await progress.step('its functions', cloud.startFunctions());
    const faults = await practise(cloud, directory, progress);
    progress.say(
      faults.length === 0 ? '\nThe drill has passed · 복원 훈련에 성공했습니다' : `\nThe drill has FAILED · 실패:\n${faults.join('\n')}`,
    );
    progress.say(CANNOT_SHOW.join('\n'));
    return faults.length === 0;
  } finally {
    await cloud?.close();
    await rm(directory, { recursive: true, force: true });
  }
}

async function practise(cloud: DrillCloud, directory: string, progress: Progress): Promise<string[]> {
  const people = await progress.step('filling', signUpPeople(cloud.url));
  await progress.step('filling', addThings(cloud.settings));
  progress.say(`Filled: ${people.length} people with passwords, and what they have`);
  await progress.step('the backup', backUp(cloud));
  const accounts = await accountsOf(cloud, directory);
  const gone = people.at(-1)!;
  await progress.step('a deletion', deleteAfterwards(cloud, gone));
  progress.say('Backed up, verified and compared; then one of them deleted the account');
  await progress.step('pausing the jobs', schedule(cloud, directory, '--pause', 'all'));
  await progress.step('destroying', cloud.destroy());
  progress.say('Destroyed: database and accounts are gone, the bucket is there\n');
  await progress.step('restoring', restore(cloud, directory, progress));
  const faults = differences(accounts, await accountsOf(cloud, directory), gone);
  await progress.step('functions', cloud.startFunctions());
  await progress.step('the jobs', schedule(cloud, directory));
  return [...faults, ...(await signInFaults(cloud, people, gone))];
}

async function backUp(cloud: DrillCloud): Promise<void> {
  let firedAtMs = Number.NEGATIVE_INFINITY;
  await waitUntil(
    'The backup is verified and compared',
    async () => {
      const { state, failure } = await stateOfNewest(cloud);
      if (state === NOT_BEGUN && performance.now() - firedAtMs > FIRE_AGAIN_MS) {
        await runJob(cloud, 'backUpDatabase');
        firedAtMs = performance.now();
      }
      if (state === 'failed') throw new Error(`The backup has failed: ${failure}`);
      return state === 'verified';
    },
    BACKUP_MS,
  );
}

/** With a copy of the tombstone in the bucket: `watchService` brings it there within the minute. */
async function deleteAfterwards(cloud: DrillCloud, { session }: DrillPerson): Promise<void> {
  const { status } = await call(cloud.url, 'deleteAccount', {}, session.idToken);
  if (status !== 200) throw new Error(`deleteAccount answered ${status}`);
  await runJob(cloud, 'watchService');
  await waitUntil('The tombstone is copied', async () => (await documentOf(cloud, 'jobRuns/copyTombstones')) !== undefined, TOMBSTONE_MS);
}

async function runJob(cloud: DrillCloud, job: string): Promise<void> {
  const settings = cloud.settings;
  const [apiEndpoint = '', port] = String(settings['CLOUD_SCHEDULER_ENDPOINT']).split(':');
  const projectId = String(settings['GOOGLE_CLOUD_PROJECT']);
  const client = new CloudSchedulerClient({ projectId, apiEndpoint, port: Number(port), sslCreds: grpc.credentials.createInsecure() });
  try {
    await client.runJob({ name: `projects/${projectId}/locations/asia-northeast3/jobs/${job}` }, CALL);
  } finally {
    await client.close();
  }
}

/** The very commands that an operator types. */
function schedule(cloud: DrillCloud, directory: string, ...args: string[]): Promise<void> {
  const logFile = join(directory, 'schedule.log');
  return runScript(join(import.meta.dirname, '../schedule.ts'), ['apply', ...args], { logFile, env: cloud.settings });
}

async function restore(cloud: DrillCloud, directory: string, progress: Progress): Promise<void> {
  const logFile = join(directory, 'restore.log');
  const args = ['--from', 'latest', '--to', '(default)'];
  try {
    await runScript(join(import.meta.dirname, '../restore.ts'), args, { logFile, env: cloud.settings });
  } finally {
    progress.say((await readFile(logFile, 'utf8').catch(() => '')).replace(/^/gm, '    '));
  }
}

/** Every account as it was, hash and salt and all, but for the one that was deleted. */
function differences(before: Map<string, string>, after: Map<string, string>, gone: DrillPerson): string[] {
  const faults = [...before].filter(([uid, account]) => uid !== gone.session.uid && after.get(uid) !== account);
  const isBack = after.has(gone.session.uid);
  return [...faults.map(([uid]) => `Account ${uid} is not equal`), ...(isBack ? ['A deleted account is back'] : [])];
}

async function signInFaults(cloud: DrillCloud, people: DrillPerson[], gone: DrillPerson): Promise<string[]> {
  const faults: string[] = [];
  for (const person of people) {
    const { status, body } = await call(cloud.url, 'signIn', { email: person.email, password: person.password });
    const isIn = status === 200 && (body as { profile?: { uid?: string } }).profile?.uid === person.session.uid;
    if (isIn === (person === gone)) faults.push(`signIn of ${person === gone ? 'the deleted' : 'a restored'} account answered ${status}`);
  }
  return faults;
}
