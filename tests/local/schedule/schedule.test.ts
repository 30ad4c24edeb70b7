/** `npm run schedule`, as an operator types it: with the real Scheduler of the local cloud behind it. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudSchedulerClient } from '@google-cloud/scheduler';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { grpc } from 'google-gax';
import { JOBS } from '#shared/jobs';
import { type LocalGoogle, startGoogle } from '../../../scripts/local/google/index.ts';
import { type Scheduler, startScheduler } from '../../../scripts/local/scheduler/index.ts';
import { HELP } from '../../../scripts/schedule/commandLine.ts';
import { type Service, startService } from '../../support/service.ts';

const LIMIT_MS = 90_000;

let directory: string;
let google: LocalGoogle;
let scheduler: Scheduler;
let service: Service;
let client: CloudSchedulerClient;
let parent: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sori-schedule-'));
  google = await startGoogle({ directory: join(directory, 'google') });
  scheduler = await startScheduler({ file: join(directory, 'jobs.json'), mintOidcToken: google.mintOidcToken });
  service = await startService({ settings: { GOOGLE_CERTS_URL: google.certsUrl, CLOUD_SCHEDULER_ENDPOINT: scheduler.endpoint } });
  parent = `projects/${service.projectId}/locations/asia-northeast3`;
  const [apiEndpoint = '', port] = scheduler.endpoint.split(':');
  client = new CloudSchedulerClient({
    projectId: service.projectId,
    apiEndpoint,
    port: Number(port),
    sslCreds: grpc.credentials.createInsecure(),
  });
}, LIMIT_MS);
afterAll(async () => {
  await client.close();
  await service.close();
  await scheduler.close();
  await google.close();
  await rm(directory, { recursive: true, force: true });
});

function schedule(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const script = join(import.meta.dirname, '..', '..', '..', 'scripts', 'schedule.ts');
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { env: process.env, timeout: LIMIT_MS }, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err });
    });
  });
}

/** What a plan says of each job. */
async function signs(...args: string[]): Promise<Record<string, string>> {
  const { out } = await schedule('plan', '--json', ...args);
  return Object.fromEntries((JSON.parse(out) as { job: string; sign: string }[]).map(({ job, sign }) => [job, sign]));
}

const all = (sign: string) => Object.fromEntries(Object.keys(JOBS).map((job) => [job, sign]));

async function jobs() {
  const [found] = await client.listJobs({ parent });
  return new Map(found.map((job) => [job.name!.slice(`${parent}/jobs/`.length), job]));
}

describe('npm run schedule', () => {
  it(
    'plans without changing anything, then makes the jobs as they are declared, and has nothing to do afterwards',
    async () => {
      expect(await signs()).toEqual(all('+'));
      expect(await jobs()).toEqual(new Map());
      expect(await schedule('apply')).toMatchObject({ code: 0, out: expect.stringMatching(/\+ sweepStorage +30 4 \* \* \* Asia\/Seoul/) });
      expect([...(await jobs()).keys()].sort()).toEqual(Object.keys(JOBS).sort());
      const made = await jobs();
      expect(await signs()).toEqual(all('='));
      expect(await schedule('apply')).toMatchObject({ code: 0, out: expect.stringContaining('Nothing to change · 변경할 것이 없습니다') });
      expect(await jobs()).toEqual(made);
    },
    LIMIT_MS,
  );

  it(
    'sets right what was changed by hand, removes what is no longer declared, and leaves the jobs of others alone',
    async () => {
      await schedule('apply');
      const target = { uri: 'http://127.0.0.1:9/', httpMethod: 'POST' as const };
      await client.updateJob({ job: { name: `${parent}/jobs/sweepStorage`, schedule: '0 1 * * *' }, updateMask: { paths: ['schedule'] } });
      await client.createJob({
        parent,
        job: { name: `${parent}/jobs/retired`, description: 'Sori: Old work', schedule: '0 0 1 1 *', httpTarget: target },
      });
      await client.createJob({ parent, job: { name: `${parent}/jobs/theirs`, schedule: '0 0 1 1 *', httpTarget: target } });
      const theirs = (await jobs()).get('theirs');
      expect(await signs()).toEqual({ ...all('='), sweepStorage: '~', retired: '-' });
      expect((await schedule('plan')).out).toContain('schedule: 0 1 * * * → 30 4 * * *');
      expect((await schedule('apply')).code).toBe(0);
      const after = await jobs();
      expect([after.get('sweepStorage')?.schedule, after.has('retired'), after.get('theirs')]).toEqual(['30 4 * * *', false, theirs]);
    },
    LIMIT_MS,
  );

  it(
    'pauses those that are named, and lets them go on when they are no longer',
    async () => {
      await schedule('apply', '--pause', 'sweepStorage');
      expect((await jobs()).get('sweepStorage')?.state).toBe('PAUSED');
      expect(await signs('--pause', 'sweepStorage')).toEqual(all('='));
      await schedule('apply');
      expect((await jobs()).get('sweepStorage')?.state).toBe('ENABLED');
      expect(await schedule('plan', '--pause', 'nothing')).toMatchObject({
        code: 1,
        err: expect.stringContaining('No such job: nothing.'),
      });
    },
    LIMIT_MS,
  );

  it(
    'changes nothing at all while a job of somebody else has the name of ours',
    async () => {
      await schedule('apply');
      await client.deleteJob({ name: `${parent}/jobs/watchService` });
      await client.deleteJob({ name: `${parent}/jobs/replicateMedia` });
      const foreign = { name: `${parent}/jobs/watchService`, schedule: '0 0 1 1 *', httpTarget: { uri: 'http://127.0.0.1:9/theirs' } };
      await client.createJob({ parent, job: foreign });
      expect(await schedule('apply')).toMatchObject({ code: 1, err: expect.stringContaining('Not ours, and in the way: watchService') });
      expect((await jobs()).has('replicateMedia')).toBe(false);
      await client.deleteJob({ name: foreign.name });
      expect((await schedule('apply')).code).toBe(0);
    },
    LIMIT_MS,
  );

  it(
    'fires a job, and shows what it has answered',
    async () => {
      await schedule('apply');
      const { code, out, err } = await schedule('run', 'sweepStorage', '--json');
      expect([code, JSON.parse(out)]).toEqual([0, expect.objectContaining({ isDone: true, failed: 0 })]);
      expect(err).toContain('sweepStorage: done');
      expect(await schedule('run', 'noSuchJob')).toMatchObject({
        code: 1,
        err: expect.stringContaining('Cloud Scheduler has no job noSuchJob'),
      });
    },
    LIMIT_MS,
  );

  it(
    'says how it is used, and what is wrong with what was typed',
    async () => {
      expect(await schedule('--help')).toEqual({ code: 0, out: `${HELP}\n`, err: '' });
      expect(await schedule('run')).toMatchObject({ code: 1, err: expect.stringContaining('run takes one job') });
      expect(await schedule('fire')).toMatchObject({ code: 1, err: expect.stringContaining('There is no command "fire".') });
    },
    LIMIT_MS,
  );
});
