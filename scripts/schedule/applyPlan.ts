import type { CloudSchedulerClient } from '@google-cloud/scheduler';
import type { JobPlan } from './planJobs.ts';
import type { SchedulerJob } from './wantedJobs.ts';

const CALL = { timeout: 10_000, retry: null }; // the client would repeat in silence

/** Each call is bounded; who is stopped half-way plans anew and goes on. */
export async function applyPlan(client: CloudSchedulerClient, parent: string, plans: JobPlan[]): Promise<void> {
  const foreign = plans.filter(({ sign }) => sign === '!').map(({ job }) => job);
  if (foreign.length > 0)
    throw new Error(`Not ours, and in the way: ${foreign.join(', ')}. Nothing was changed · 다른 작업과 이름이 겹칩니다`);
  for (const { name, steps, wanted } of plans) {
    for (const step of steps) await takeStep(client, { parent, name, step, job: wanted ?? {} });
  }
}

async function takeStep(client: CloudSchedulerClient, { parent, name, step, job }: StepOf): Promise<void> {
  if (step === 'create') await client.createJob({ parent, job }, CALL);
  else if (step === 'update') await client.updateJob({ job }, CALL);
  else if (step === 'pause') await client.pauseJob({ name }, CALL);
  else if (step === 'resume') await client.resumeJob({ name }, CALL);
  else await client.deleteJob({ name }, CALL);
}

interface StepOf {
  parent: string;
  name: string;
  step: JobPlan['steps'][number];
  job: SchedulerJob;
}

export async function listJobs(client: CloudSchedulerClient, parent: string): Promise<SchedulerJob[]> {
  const [jobs] = await client.listJobs({ parent }, CALL);
  return jobs;
}
