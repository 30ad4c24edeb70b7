/** The jobs of Cloud Scheduler, made equal to those that the functions declare. */
import { functionsUrl, schedulerClient } from '#shared/runtime';
import { applyPlan, listJobs } from '../../schedule/applyPlan.ts';
import { type JobPlan, planJobs } from '../../schedule/planJobs.ts';
import { type JobPlace, parentOf, wantedJobs } from '../../schedule/wantedJobs.ts';
import { emailOf } from '../accounts.ts';
import type { Deployment, Step } from '../step.ts';

export const jobs: Step = {
  name: 'jobs',
  title: { en: 'Scheduler jobs', ko: '스케줄러 작업' },
  async plan(deployment) {
    // In a new project the API is not enabled yet, and the client would wait long for it.
    const isNew = deployment.releases.live() === undefined;
    const plans = isNew ? [] : await planOf(deployment);
    if (isNew) return [`makes ${wantedJobs(deployment.endpoints, placeOf(deployment)).length} jobs`];
    return plans.flatMap(({ sign, job, details }) => (sign === '=' ? [] : [`${sign} ${job}: ${details.join('; ')}`]));
  },
  async run(deployment) {
    const plans = await planOf(deployment);
    await applyPlan(await schedulerClient(), parentOf(placeOf(deployment)), plans);
    const changed = plans.filter(({ steps }) => steps.length > 0).length;
    return [`${plans.length} jobs, ${changed} changed`];
  },
};

async function planOf(deployment: Deployment): Promise<JobPlan[]> {
  const place = placeOf(deployment);
  return planJobs(await listJobs(await schedulerClient(), parentOf(place)), wantedJobs(deployment.endpoints, place));
}

function placeOf({ target }: Deployment): JobPlace {
  const { projectId, region, settings } = target;
  const serviceAccount = settings['SCHEDULER_SERVICE_ACCOUNT'] ?? emailOf('scheduler', projectId);
  return { projectId, region, functionsUrl: functionsUrl(), serviceAccount, timeZone: settings['SERVICE_TIME_ZONE'] ?? '' };
}
