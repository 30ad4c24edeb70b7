export { JOBS, type Job } from './job.ts';
export { type RunOutcome, runsSince } from './jobRun.ts';
export { MAKE_UP_COST, MAKE_UP_MS, makeUpRuns } from './makeUp.ts';
export { type MissedRun, missedRuns } from './missedRuns.ts';
export { runJob } from './runJob.ts';
