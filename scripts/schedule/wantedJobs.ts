/** The jobs that the functions declare, in the Scheduler's form. */
import type { protos } from '@google-cloud/scheduler';
import type { Endpoint } from '#shared/endpoint';

export type SchedulerJob = protos.google.cloud.scheduler.v1.IJob;

export interface JobPlace {
  projectId: string;
  region: string;
  timeZone: string;
  /** The address that Google gave the functions, without a slash at its end. */
  functionsUrl: string;
  serviceAccount: string;
}

/** By it we know our own jobs, also those that are no longer declared. */
const MARK = 'Sori: ';

export function parentOf({ projectId, region }: Pick<JobPlace, 'projectId' | 'region'>): string {
  return `projects/${projectId}/locations/${region}`;
}

export function wantedJobs(endpoints: Endpoint[], place: JobPlace): SchedulerJob[] {
  return endpoints.flatMap((endpoint) => jobOf(endpoint, place));
}

function jobOf({ name, summary, schedule, method, resources }: Endpoint, place: JobPlace): SchedulerJob[] {
  if (!schedule) return [];
  const uri = `${place.functionsUrl}/${name}`;
  return [
    {
      name: `${parentOf(place)}/jobs/${name}`,
      description: `${MARK}${summary}`,
      schedule: schedule.cron,
      timeZone: schedule.timeZone ?? place.timeZone,
      attemptDeadline: { seconds: resources.timeoutS },
      retryConfig: { retryCount: schedule.retries, minBackoffDuration: { seconds: schedule.backoffS } },
      httpTarget: {
        uri,
        httpMethod: method,
        headers: { 'Content-Type': 'application/json' },
        body: Buffer.from('{}'),
        oidcToken: { serviceAccountEmail: place.serviceAccount, audience: uri },
      },
    },
  ];
}

/** Marked, or one of before there was a mark: with our name, our account and our function behind it. */
export function isOurs(job: SchedulerJob, wanted: SchedulerJob | undefined): boolean {
  if (job.description?.startsWith(MARK)) return true;
  const account = ({ httpTarget }: SchedulerJob) => httpTarget?.oidcToken?.serviceAccountEmail;
  return wanted !== undefined && account(job) === account(wanted) && pathOf(job) === pathOf(wanted);
}

function pathOf({ httpTarget }: SchedulerJob): string | undefined {
  return httpTarget?.uri?.slice(httpTarget.uri.lastIndexOf('/'));
}

/** What we declare of a job, for people, without what the Scheduler adds. */
export function figuresOf(job: SchedulerJob): Record<string, string> {
  const { schedule, timeZone, attemptDeadline, retryConfig, httpTarget, description } = job;
  const seconds = (duration: { seconds?: unknown } | null | undefined) => `${Number(duration?.seconds ?? 0)} s`;
  return {
    schedule: schedule ?? '',
    'time zone': timeZone ?? '',
    'time limit': seconds(attemptDeadline),
    retries: String(retryConfig?.retryCount ?? 0),
    'first pause': seconds(retryConfig?.minBackoffDuration),
    address: httpTarget?.uri ?? '',
    method: String(httpTarget?.httpMethod ?? ''),
    account: httpTarget?.oidcToken?.serviceAccountEmail ?? '',
    audience: httpTarget?.oidcToken?.audience ?? '',
    description: description ?? '',
  };
}
