/**
 * A job in the form of Cloud Scheduler's REST API: this is what is stored, answered and fired.
 *
 * What a caller leaves out is filled in with the service's defaults, so that an answer shows what will happen.
 * Only HTTP targets exist here. https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs
 */
import { z } from 'zod';
import { isSchedule, isTimeZone } from './schedule.ts';
import { SchedulerError } from './schedulerError.ts';

export const JOB_NAME = /^projects\/[\w:.-]+\/locations\/[\w-]+\/jobs\/[\w-]{1,500}$/;

/** A length of time as `3.5s`. */
const Duration = z.string().regex(/^\d{1,12}(\.\d{1,9})?s$/, 'must be a duration such as 5s');

export function durationMs(duration: string): number {
  return Number(duration.slice(0, -1)) * 1000;
}

const HttpTarget = z
  .object({
    uri: z
      .string()
      .max(2083)
      .regex(/^https?:\/\//i, 'must begin with http:// or https://')
      .refine(URL.canParse, 'must be a URL'),
    httpMethod: z.enum(['POST', 'GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']).default('POST'),
    headers: z.record(z.string(), z.string()).default({}),
    /** Base 64. */
    body: z.base64().optional(),
    oidcToken: z.object({ serviceAccountEmail: z.string().min(1), audience: z.string().optional() }).optional(),
  })
  .refine(({ httpMethod, body }) => !body || ['POST', 'PUT', 'PATCH'].includes(httpMethod), 'a body goes with POST, PUT and PATCH only')
  .transform((target) => ({ ...target, headers: headersShown(target.headers, Boolean(target.body)), ...withAudience(target) }));

const RetryConfig = z
  .object({
    /** Repetitions after a failed first attempt. */
    retryCount: z.int().min(0).max(5).default(0),
    maxRetryDuration: Duration.default('0s'),
    minBackoffDuration: Duration.default('5s'),
    maxBackoffDuration: Duration.default('3600s'),
    maxDoublings: z.int().min(0).default(5),
  })
  .refine(
    (retry) => durationMs(retry.minBackoffDuration) <= durationMs(retry.maxBackoffDuration),
    'minBackoffDuration must not exceed maxBackoffDuration',
  );

/** What a caller may set. */
const JobFields = z.object({
  name: z.string().regex(JOB_NAME, 'must be projects/P/locations/L/jobs/J'),
  description: z.string().max(500).optional(),
  schedule: z.string().refine(isSchedule, 'must be five fields of unix-cron'),
  timeZone: z.string().refine(isTimeZone, 'must be a name of the tz database').default('Etc/UTC'),
  httpTarget: HttpTarget,
  retryConfig: RetryConfig.prefault({}),
  attemptDeadline: Duration.refine(
    (value) => durationMs(value) >= 15_000 && durationMs(value) <= 1_800_000,
    'must be 15s to 1800s',
  ).default('180s'),
});

/** google.rpc.Status of the last attempt; no code means success. */
export const Status = z.object({ code: z.int().optional(), message: z.string().optional() });

export type Status = z.output<typeof Status>;

export const Job = JobFields.extend({
  state: z.enum(['ENABLED', 'PAUSED']),
  userUpdateTime: z.iso.datetime(),
  /** The next run, or the next retry of a failed one. A paused job has none. */
  scheduleTime: z.iso.datetime().optional(),
  lastAttemptTime: z.iso.datetime().optional(),
  status: Status.optional(),
});

export type Job = z.output<typeof Job>;

/** Fields of a job that a caller may name in an update mask; those that only the service writes are passed over. */
export const SETTABLE = Object.keys(JobFields.shape).filter((field) => field !== 'name');

/** Checks what a caller sets, and fills in the defaults. @throws {SchedulerError} naming each field at fault */
export function parseFields(input: Record<string, unknown>): z.output<typeof JobFields> {
  for (const target of ['pubsubTarget', 'appEngineHttpTarget']) {
    if (target in input) throw new SchedulerError('UNIMPLEMENTED', `${target}: only HTTP targets exist here.`);
  }
  const result = JobFields.safeParse(input);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `Job.${issue.path.join('.')}: ${issue.message}`);
  throw new SchedulerError('INVALID_ARGUMENT', faults.join('; '));
}

// The service drops headers that it sets itself, and shows its user agent and the default type of a body among a job's headers.
function headersShown(headers: Record<string, string>, hasBody: boolean): Record<string, string> {
  const kept = Object.entries(headers).filter(
    ([name]) => !/^(host|content-length|user-agent|x-google-.*|x-appengine-.*|x-cloudscheduler.*)$/i.test(name),
  );
  const hasType = kept.some(([name]) => name.toLowerCase() === 'content-type');
  return {
    ...Object.fromEntries(kept),
    ...(hasBody && !hasType ? { 'Content-Type': 'application/octet-stream' } : {}),
    'User-Agent': 'Google-Cloud-Scheduler',
  };
}

function withAudience({
  uri,
  oidcToken,
}: {
  uri: string;
  oidcToken?: { serviceAccountEmail: string; audience?: string | undefined } | undefined;
}) {
  return oidcToken ? { oidcToken: { ...oidcToken, audience: oidcToken.audience ?? uri } } : {};
}
