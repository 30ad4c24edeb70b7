import type { Clock } from '#shared/runtime';
import { JOB_NAME, type Job, parseFields, SETTABLE } from './job.ts';
import { atNext, type JobRunner } from './jobRunner.ts';
import type { JobStore } from './jobStore.ts';
import { nextTime } from './schedule.ts';
import { SchedulerError } from './schedulerError.ts';

type Fields = Record<string, unknown>;

/** A request message in proto3's JSON form, and so with unset fields left out. */
export interface Request {
  parent?: string;
  name?: string;
  pageSize?: number;
  pageToken?: string;
  job?: Fields;
  /** Paths joined by commas. */
  updateMask?: string;
}

const LARGEST_PAGE = 500;
const LOCATION = /^projects\/[\w:.-]+\/locations\/[\w-]+$/;

/**
 * The methods of google.cloud.scheduler.v1.CloudScheduler, each from its request message to its answer, both as JSON.
 * A change is on disk before it is answered. @throws {SchedulerError}
 */
export class JobService {
  readonly #store: JobStore;
  readonly #runner: JobRunner;
  readonly #clock: Clock;
  readonly #random: () => number;

  constructor(store: JobStore, runner: JobRunner, clock: Clock, random: () => number) {
    this.#store = store;
    this.#runner = runner;
    this.#clock = clock;
    this.#random = random;
  }

  listJobs({ parent, pageSize = 0, pageToken = '' }: Request): { jobs: Job[]; nextPageToken?: string } {
    const after = Buffer.from(pageToken, 'base64url').toString();
    if (pageSize < 0) throw new SchedulerError('INVALID_ARGUMENT', 'page_size must not be negative.');
    if (pageToken !== '' && !JOB_NAME.test(after))
      throw new SchedulerError('INVALID_ARGUMENT', 'page_token is none that this service gave.');
    const left = this.#store.list(location(parent)).filter((job) => job.name > after);
    const jobs = left.slice(0, Math.min(pageSize || LARGEST_PAGE, LARGEST_PAGE));
    return { jobs, ...(jobs.length < left.length ? { nextPageToken: Buffer.from(jobs.at(-1)!.name).toString('base64url') } : {}) };
  }

  getJob({ name }: Request): Job {
    return this.#find(name);
  }

  async createJob({ parent, job = {} }: Request): Promise<Job> {
    const folder = `${location(parent)}/jobs/`;
    const fields = parseFields({ ...job, name: job['name'] || `${folder}${this.#newId()}` });
    if (!fields.name.startsWith(folder)) throw new SchedulerError('INVALID_ARGUMENT', 'Job.name must lie in the parent of the request.');
    if (this.#store.get(fields.name)) throw new SchedulerError('ALREADY_EXISTS', `Job ${fields.name} already exists.`);
    return await this.#keep({ ...fields, state: 'ENABLED', userUpdateTime: this.#now() });
  }

  /** Changes the fields that the mask names, or, without one, those that are given. What only the service writes is passed over. */
  async updateJob({ job = {}, updateMask }: Request): Promise<Job> {
    const { state, lastAttemptTime, status, ...current } = this.#find(job['name'] as string | undefined);
    const paths = updateMask ? updateMask.split(',').map(camelCase) : Object.keys(job);
    const changed = paths
      .filter((path) => SETTABLE.includes(path.split('.')[0] ?? ''))
      .reduce((fields, path) => copy(path, job, fields), current as Fields);
    const kept = { state, userUpdateTime: this.#now(), ...(lastAttemptTime ? { lastAttemptTime } : {}), ...(status ? { status } : {}) };
    return await this.#keep({ ...parseFields(changed), ...kept });
  }

  async deleteJob({ name }: Request): Promise<Record<never, never>> {
    const job = this.#find(name);
    await this.#store.delete(job.name);
    this.#runner.follow(job.name);
    return {};
  }

  async pauseJob({ name }: Request): Promise<Job> {
    return await this.#switch(name, 'ENABLED', 'PAUSED');
  }

  async resumeJob({ name }: Request): Promise<Job> {
    return await this.#switch(name, 'PAUSED', 'ENABLED');
  }

  runJob({ name }: Request): Job {
    const job = this.#find(name);
    this.#runner.runNow(job.name);
    return job;
  }

  async #switch(name: string | undefined, from: Job['state'], to: Job['state']): Promise<Job> {
    const job = this.#find(name);
    if (job.state !== from) throw new SchedulerError('FAILED_PRECONDITION', `Job ${job.name} is ${job.state}, not ${from}.`);
    return await this.#keep({ ...job, state: to });
  }

  async #keep(job: Job): Promise<Job> {
    const nowMs = this.#clock.now();
    if (nextTime(job, nowMs) === undefined) throw new SchedulerError('INVALID_ARGUMENT', 'Job.schedule: never comes.');
    const kept = atNext(job, nowMs);
    const written = this.#store.put(kept);
    this.#runner.follow(kept.name);
    await written;
    return kept;
  }

  #find(name = ''): Job {
    if (!JOB_NAME.test(name)) throw new SchedulerError('INVALID_ARGUMENT', 'name must be projects/P/locations/L/jobs/J.');
    const job = this.#store.get(name);
    if (!job) throw new SchedulerError('NOT_FOUND', `Job ${name} was not found.`);
    return job;
  }

  #newId(): string {
    return Array.from({ length: 20 }, () => Math.floor(this.#random() * 10)).join('');
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}

function location(parent = ''): string {
  if (!LOCATION.test(parent)) throw new SchedulerError('INVALID_ARGUMENT', 'parent must be projects/P/locations/L.');
  return parent;
}

/** `http_target.uri` → `httpTarget.uri`: gRPC clients send the one form, REST clients either. */
function camelCase(path: string): string {
  return path.trim().replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** `to` with the value that stands at `path` in `from`; where there is none, without one, and so with the default. */
function copy(path: string, from: unknown, to: unknown): Fields {
  const [key = '', ...rest] = path.split('.');
  const { [key]: old, ...others } = asFields(to);
  const given = asFields(from)[key];
  const value = rest.length > 0 ? copy(rest.join('.'), given, old) : given;
  return value === undefined ? others : { ...others, [key]: value };
}

function asFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
