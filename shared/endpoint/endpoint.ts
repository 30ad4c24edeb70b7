/** What an endpoint consists of: as types alone, which everything in this folder may import. */
import type { z } from 'zod';
import type { Access, CallerOf, Found, Needs } from '#shared/access';
import type { CallerRate, Claim } from '#shared/limits';
import type { Feature, ProblemCode, SecretSetting, World } from '#shared/runtime';
import type { FileReply, JsonReply, RedirectReply } from './reply.ts';

export interface Resources {
  cpu: number;
  memoryMiB: number;
  /** Requests at once in one instance. */
  concurrency: number;
  timeoutS: number;
  maxInstances: number;
  minInstances: number;
  /** Largest body that is read. */
  bodyBytes: number;
}

/** How long an answer may be kept. Answers to a request with a token or a ticket are `private` at most, whatever stands here. */
export type CachePolicy = 'none' | { sharedS: number };

/** When Cloud Scheduler calls the function, in unix-cron form. Only for `access: 'scheduler'`. */
export interface Schedule {
  cron: string;
  /** @default SERVICE_TIME_ZONE */
  timeZone?: string;
  retries: number;
  /** Pause before the first repetition. */
  backoffS: number;
}

export interface Example {
  title: string;
  input: Record<string, unknown>;
}

/** What a ticket for one object pins: the listen goes on with these very bytes from this very store. */
export interface TicketedObject {
  /** The ticket's own id: one ticket, one listen. */
  ticketId: string;
  storeId: string;
  name: string;
  bytes: number;
  sha256: string;
  contentType: string;
}

/** What a handler is given besides the input and the caller. */
export interface Context<N extends Needs = Needs> extends World {
  /** What `needs` found, under the same names. */
  found: Found<N>;
  /** Under which the logs tell of it; in the answer's `X-Request-Id`. */
  requestId: string;
  /** When the request came. */
  now: Date;
  /** When recurring work was due, to the second; retries keep it. Without the Scheduler's word, as by hand: this minute. */
  scheduledAt: Date;
  /** Where the request came from, and whether many people share that address. */
  address: { ip: string; isShared: boolean };
  /** The object that the caller's ticket names, if it came with one. */
  ticket: TicketedObject | undefined;
  /** Does the work once per `Idempotency-Key`. */
  claim: Claim;
  /** Ends when the caller has gone, the time is up, or, for recurring work, the process is told to end. */
  signal: AbortSignal;
}

/** What `defineEndpoint` takes. */
export interface Definition<Name extends string, A extends Access, I extends z.ZodObject, O, N extends Needs> {
  /** = file = Cloud Function = path `/v1/<name>` = OpenAPI operation = client method. */
  name: Name;
  method: 'GET' | 'POST';
  summary: string;
  access: A;
  /** Which row of the feature table (DESIGN: media and the two phases) closes it; `none` is never closed. */
  feature: Feature | 'none';
  needs: N;
  /** A ticket for this use, in the field `ticket`, stands in for a token: players send no headers. */
  ticket?: 'audio' | 'cover' | 'pictures';
  rate: CallerRate | 'signIn' | 'stream' | 'none';
  idempotency?: 'replay' | 'none';
  /** Documents read and written at most by one call, without what the pipeline itself needs. */
  budget: { reads: number; writes: number };
  resources?: Partial<Resources>;
  secrets?: SecretSetting[];
  input: I;
  /** The schema of the JSON answer; `bytes` for a file or a redirect to one. */
  output: O;
  /** The status of success. @default 200 */
  status?: 200 | 201 | 202;
  /** A status under which the same form of answer comes when it says that something is wrong, as a health check does. */
  alsoStatus?: 503;
  /** Beyond those that access, needs, rate and input bring. */
  errors: ProblemCode[];
  cache: CachePolicy;
  schedule?: Schedule;
  examples: Example[];
  handler(input: z.output<I>, caller: CallerOf<A>, context: Context<N>): Promise<AnswerOf<O>>;
}

type AnswerOf<O> = O extends z.ZodType ? z.input<O> | JsonReply : FileReply | RedirectReply;

/** A definition with its defaults, as the pipeline, the generators and the tests use it. */
export interface Endpoint {
  name: string;
  method: 'GET' | 'POST';
  summary: string;
  access: Access;
  feature: Feature | 'none';
  needs: Needs;
  ticket: 'audio' | 'cover' | 'pictures' | undefined;
  rate: CallerRate | 'signIn' | 'stream' | 'none';
  idempotency: 'replay' | 'none';
  budget: { reads: number; writes: number };
  resources: Resources;
  secrets: SecretSetting[];
  input: z.ZodObject;
  output: z.ZodType | 'bytes';
  status: 200 | 201 | 202;
  alsoStatus: 503 | undefined;
  errors: ProblemCode[];
  cache: CachePolicy;
  schedule: Schedule | undefined;
  examples: Example[];
  handler(input: object, caller: CallerOf<Access>, context: Context): Promise<object>;
}

/** An endpoint whose input and output types are known: for typed calls. */
export type TypedEndpoint<Name extends string, I extends z.ZodObject, O extends z.ZodType | 'bytes'> = Omit<
  Endpoint,
  'name' | 'input' | 'output'
> & {
  name: Name;
  input: I;
  output: O;
};
