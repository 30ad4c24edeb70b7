import { schedulerClient } from '#shared/runtime';
import { loadEndpoints } from '../../loadEndpoints.ts';
import { listJobs } from '../../schedule/applyPlan.ts';
import { planJobs } from '../../schedule/planJobs.ts';
import { parentOf, wantedJobs } from '../../schedule/wantedJobs.ts';
import { broken, type Check, sound } from '../check.ts';

export const jobs: Check = {
  name: 'jobs',
  list: 'before',
  summary: { en: "Cloud Scheduler's jobs are the declared ones, and none is paused", ko: 'Cloud Scheduler 작업' },
  async look({ site: { projectId, region, settings, bases } }) {
    const declared = {
      ...{ projectId, region, timeZone: settings['SERVICE_TIME_ZONE'] ?? 'Asia/Seoul' },
      ...{ functionsUrl: bases[0]?.url ?? '', serviceAccount: settings['SCHEDULER_SERVICE_ACCOUNT'] ?? '' },
    };
    const existing = await listJobs(await schedulerClient(), parentOf(declared));
    const plans = planJobs(existing, wantedJobs(await loadEndpoints(), declared));
    const differing = plans.filter(({ sign }) => sign !== '=');
    if (differing.length === 0) return sound(`${plans.length} jobs, all as declared`);
    return broken(
      differing.map(({ sign, job, details }) => `${sign} ${job}: ${details.join('; ')}`),
      { en: 'npm run schedule -- apply', ko: 'npm run schedule -- apply 를 실행하세요.' },
    );
  },
};
