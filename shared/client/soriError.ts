import type { ProblemCode } from './functions.generated.ts';

/**
 * `no_answer`: the service could not be reached, or not in time. `bad_answer`: what answered was not the service, as a proxy in between.
 * `upload_refused`: the bucket did not take the bytes. `person_changed`: who began it has signed out before all its calls were made.
 */
export type ClientCode = 'no_answer' | 'bad_answer' | 'upload_refused' | 'person_changed';

/** One fault of an input. */
export interface Issue {
  path: string;
  message: string;
}

interface Facts {
  code: ProblemCode | ClientCode;
  status: number;
  title: string;
  detail: string;
  requestId?: string | undefined;
  issues?: Issue[];
  retryAfterS?: number | undefined;
  params?: Record<string, unknown>;
}

/**
 * What every method of the client rejects with, but for the reason of your own `signal`. Go by `code`: it never changes its meaning.
 * A service newer than this client may have codes that the type does not know.
 */
export class SoriError extends Error {
  override name = 'SoriError';
  readonly code: ProblemCode | ClientCode;
  /** 0 when nothing was answered. */
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** Quote it when you ask the operators. */
  readonly requestId: string | undefined;
  /** With `invalid_input`: each fault. */
  readonly issues: Issue[];
  /** With what passes by itself: seconds until a repetition makes sense. */
  readonly retryAfterS: number | undefined;
  /** The fields that only this code has, as `resetsAt` of `daily_songs_reached`. */
  readonly params: Record<string, unknown>;

  constructor({ code, status, title, detail, requestId, issues = [], retryAfterS, params = {} }: Facts, cause?: unknown) {
    super(detail, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.requestId = requestId;
    this.issues = issues;
    this.retryAfterS = retryAfterS;
    this.params = params;
  }
}

export function noAnswer(detail: string, cause?: unknown): SoriError {
  return new SoriError({ code: 'no_answer', status: 0, title: 'No answer', detail }, cause);
}

export function personChanged(): SoriError {
  const detail = 'Whoever began this is no longer signed in, so it did not go on.';
  return new SoriError({ code: 'person_changed', status: 0, title: 'Somebody else is signed in, or nobody', detail });
}

/** The error that an answer stands for: a problem of the service, or something that came from elsewhere. */
export function errorOf(status: number, headers: Headers, body: unknown): SoriError {
  const requestId = headers.get('x-request-id') ?? undefined;
  const waitS = readSeconds(headers.get('retry-after'));
  if (!isProblem(body)) {
    const detail = `The answer has the status ${status} and is none of the service's.`;
    return new SoriError({ code: 'bad_answer', status, title: 'Not an answer of the service', detail, requestId, retryAfterS: waitS });
  }
  const { type: _, code, title, detail, status: __, requestId: own, issues, retryAfterS, ...params } = body;
  return new SoriError({
    ...{ code, status, title, detail, params },
    requestId: own ?? requestId,
    issues: Array.isArray(issues) ? issues : [],
    retryAfterS: typeof retryAfterS === 'number' ? retryAfterS : waitS,
  });
}

interface Problem extends Facts {
  [field: string]: unknown;
}

function isProblem(body: unknown): body is Problem {
  if (typeof body !== 'object' || body === null) return false;
  const { code, title, detail } = body as Record<string, unknown>;
  return [code, title, detail].every((field) => typeof field === 'string');
}

/** `Retry-After` may also be a date; the service sends none. */
function readSeconds(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) : undefined;
}
