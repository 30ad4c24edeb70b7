import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineEndpoint, type Endpoint, type Schedule } from '#shared/endpoint';
import { declareJobs } from '../../scripts/local/declareJobs.ts';
import { type Scheduler, startScheduler } from '../../scripts/local/scheduler/index.ts';

let directory: string;
let scheduler: Scheduler;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sori-test-jobs-'));
  scheduler = await startScheduler({ file: join(directory, 'jobs.json') });
});
afterAll(async () => {
  await scheduler.close();
  await rm(directory, { recursive: true, force: true });
});

const yearly: Schedule = { cron: '0 0 1 1 *', retries: 5, backoffS: 5 };

function scheduled(name: string, schedule: Schedule): Endpoint {
  return defineEndpoint({
    name,
    method: 'POST',
    summary: 'Does its work',
    access: 'scheduler',
    feature: 'none',
    needs: {},
    rate: 'none',
    budget: { reads: 0, writes: 0 },
    schedule,
    input: z.strictObject({}),
    output: z.strictObject({}),
    errors: [],
    cache: 'none',
    examples: [],
    handler: () => Promise.resolve({}),
  });
}

function declare(...endpoints: Endpoint[]): Promise<void> {
  return declareJobs(endpoints, {
    projectId: 'demo-jobs',
    region: 'asia-northeast3',
    timeZone: 'Asia/Seoul',
    functionsUrl: 'http://localhost:8080/v1',
    serviceAccount: 'scheduler@demo-jobs.iam.gserviceaccount.com',
    schedulerEndpoint: scheduler.endpoint,
  });
}

async function jobs(): Promise<Record<string, unknown>[]> {
  const answer = await fetch(`${scheduler.url}/v1/projects/demo-jobs/locations/asia-northeast3/jobs`);
  const { jobs: list = [] } = (await answer.json()) as { jobs?: Record<string, unknown>[] };
  return list;
}

it('makes the jobs of the Scheduler equal to the declared ones, and changes nothing when they are', async () => {
  await declare(scheduled('first', yearly), scheduled('second', yearly));
  const declared = await jobs();
  expect(declared).toMatchObject(
    ['first', 'second'].map((name) => ({
      name: `projects/demo-jobs/locations/asia-northeast3/jobs/${name}`,
      schedule: '0 0 1 1 *',
      timeZone: 'Asia/Seoul',
      attemptDeadline: '120s',
      retryConfig: { retryCount: 5, minBackoffDuration: '5s' },
      httpTarget: {
        uri: `http://localhost:8080/v1/${name}`,
        httpMethod: 'POST',
        body: Buffer.from('{}').toString('base64'),
        oidcToken: {
          serviceAccountEmail: 'scheduler@demo-jobs.iam.gserviceaccount.com',
          audience: `http://localhost:8080/v1/${name}`,
        },
      },
    })),
  );
  await declare(scheduled('first', yearly), scheduled('second', yearly));
  expect(await jobs()).toEqual(declared);

  await declare(scheduled('second', { ...yearly, cron: '30 4 * * *', timeZone: 'Etc/UTC' }));
  expect(await jobs()).toMatchObject([{ name: expect.stringMatching(/second$/), schedule: '30 4 * * *', timeZone: 'Etc/UTC' }]);
}, 20_000);
