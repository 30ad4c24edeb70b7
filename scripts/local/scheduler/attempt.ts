import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import axios from 'axios';
import { grpc } from 'google-gax';
import type { Clock } from '#shared/runtime';
import { durationMs, type Job, type Status } from './job.ts';
import { inZone } from './schedule.ts';

/** Makes the OIDC token that a target is called with. */
export type MintOidcToken = (claims: { audience: string; email: string }) => Promise<string>;

export interface AttemptContext {
  clock: Clock;
  mintOidcToken: MintOidcToken | undefined;
  /** Aborts the call: the scheduler is closing. */
  signal: AbortSignal;
}

/**
 * Calls a job's target once, as Cloud Scheduler does. Any 2xx is a success; redirects are followed.
 *
 * @param scheduleTimeMs - the time that this run was planned for; retries keep it
 * @returns how it ended; never rejects
 */
export async function attempt(job: Job, scheduleTimeMs: number, { clock, mintOidcToken, signal }: AttemptContext): Promise<Status> {
  const deadline = new AbortController();
  const ended = new AbortController();
  void clock.sleep(durationMs(job.attemptDeadline), ended.signal).then(() => deadline.abort());
  try {
    const headers = await headersOf(job, scheduleTimeMs, mintOidcToken);
    return statusOf(await call(job, headers, AbortSignal.any([deadline.signal, signal])));
  } catch (error) {
    if (error instanceof NoToken) return { code: grpc.status.UNAUTHENTICATED, message: error.message };
    if (deadline.signal.aborted)
      return { code: grpc.status.DEADLINE_EXCEEDED, message: 'The target did not answer by the attempt deadline.' };
    return { code: grpc.status.UNAVAILABLE, message: 'The target could not be reached.' };
  } finally {
    ended.abort();
  }
}

async function headersOf({ name, timeZone, httpTarget }: Job, scheduleTimeMs: number, mint: MintOidcToken | undefined) {
  const { headers, oidcToken, uri } = httpTarget;
  return {
    ...headers,
    ...(oidcToken ? { Authorization: `Bearer ${await tokenFor(oidcToken.audience ?? uri, oidcToken.serviceAccountEmail, mint)}` } : {}),
    'X-CloudScheduler': 'true',
    'X-CloudScheduler-JobName': name.slice(name.lastIndexOf('/') + 1),
    'X-CloudScheduler-ScheduleTime': inZone(scheduleTimeMs, timeZone),
  };
}

function tokenFor(audience: string, email: string, mint: MintOidcToken | undefined): Promise<string> {
  if (!mint) throw new NoToken();
  return mint({ audience, email }).catch(() => {
    throw new NoToken(); // what the minter says may hold secrets
  });
}

class NoToken extends Error {
  override message = 'No OIDC token could be made for the service account.';
}

const client = axios.create({ proxy: false, validateStatus: () => true, responseType: 'stream', headers: { common: { Accept: '*/*' } } });

/** Sends the request and reads the answer to its end. @returns the HTTP status */
async function call({ httpTarget }: Job, headers: Record<string, string>, signal: AbortSignal): Promise<number> {
  const hasType = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  const { status, data } = await client.request<Readable>({
    method: httpTarget.httpMethod,
    url: httpTarget.uri,
    headers: hasType ? headers : { ...headers, 'Content-Type': false }, // axios would call a POST without a body a form
    data: httpTarget.body === undefined ? undefined : Buffer.from(httpTarget.body, 'base64'),
    signal,
  });
  await finished(data.resume(), { signal });
  return status;
}

// https://cloud.google.com/apis/design/errors#handling_errors
const CODE_OF: Record<number, number> = {
  400: grpc.status.INVALID_ARGUMENT,
  401: grpc.status.UNAUTHENTICATED,
  403: grpc.status.PERMISSION_DENIED,
  404: grpc.status.NOT_FOUND,
  409: grpc.status.ABORTED,
  429: grpc.status.RESOURCE_EXHAUSTED,
  499: grpc.status.CANCELLED,
  501: grpc.status.UNIMPLEMENTED,
  503: grpc.status.UNAVAILABLE,
  504: grpc.status.DEADLINE_EXCEEDED,
};

function statusOf(httpStatus: number): Status {
  if (httpStatus >= 200 && httpStatus < 300) return {};
  const code = CODE_OF[httpStatus] ?? (httpStatus >= 500 ? grpc.status.INTERNAL : grpc.status.FAILED_PRECONDITION);
  return { code, message: `The target answered ${httpStatus}.` };
}
