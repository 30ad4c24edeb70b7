/** Goes through the steps: each is recorded when it has ended, and the first that cannot end stops all. */
import { appendFileSync } from 'node:fs';
import { type Deployment, type Step, Stopped } from './step.ts';
import { accounts } from './steps/accounts.ts';
import { artifacts } from './steps/artifacts.ts';
import { buckets } from './steps/buckets.ts';
import { database } from './steps/database.ts';
import { functions } from './steps/functions.ts';
import { hosting } from './steps/hosting.ts';
import { jobs } from './steps/jobs.ts';
import { monitoring } from './steps/monitoring.ts';
import { phase } from './steps/phase.ts';
import { preflight } from './steps/preflight.ts';
import { secrets } from './steps/secrets.ts';
import { smokeTest } from './steps/smokeTest.ts';
import { watch } from './steps/watch.ts';

export { preflight };

/** In this order. The phase stands before the functions: what it holds back was never open. */
const STEPS: Step[] = [accounts, secrets, artifacts, database, phase, functions, hosting, jobs, buckets, monitoring, smokeTest, watch];

/** Looked at again in every run, also in one that goes on. */
const NEVER_DONE = [smokeTest.name, watch.name];

export async function showPlan(deployment: Deployment): Promise<void> {
  const { say, release } = deployment;
  say('');
  for (const [index, step] of STEPS.entries()) {
    const isDone = release.done.includes(step.name);
    const lines = isDone ? ['done before, in this release · 이미 완료'] : await step.plan(deployment);
    say(`${String(index + 1).padStart(4)}. ${step.title.en} · ${step.title.ko}${lines.length === 0 ? ': as it is to be' : ''}`);
    for (const line of lines) say(`        ${line}`);
  }
  say('');
}

/** @returns whether all have ended */
export async function runSteps(deployment: Deployment): Promise<boolean> {
  for (const step of STEPS) {
    if (deployment.release.done.includes(step.name) && !NEVER_DONE.includes(step.name)) continue;
    if (!(await runStep(step, deployment))) return false;
  }
  return true;
}

export async function runStep(step: Step, deployment: Deployment): Promise<boolean> {
  const { say, logFile, release } = deployment;
  const startedAt = performance.now();
  try {
    const lines = await step.run(deployment);
    await deployment.persist();
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    say(`✓ ${step.title.en} · ${step.title.ko}  (${seconds} s)${lines.map((line) => `\n    ${line}`).join('')}`);
    deployment.save({ done: [...new Set([...release.done, step.name])] });
    return true;
  } catch (error) {
    appendFileSync(logFile, `\n${step.name}: ${(error as Error).stack}\n`);
    say(`✗ ${step.title.en} · ${step.title.ko}: ${(error as Error).message}`);
    const next = error instanceof Stopped ? error.next : GENERAL;
    say(`    What next: ${next.en}\n    다음: ${next.ko}`);
    return false;
  }
}

const GENERAL = {
  en: 'set it right and give the same command again: it goes on here',
  ko: '문제를 해결한 뒤 같은 명령을 다시 실행하면 여기서 이어집니다',
};
