/**
 * Cloud Scheduler on this machine: the service that the official client talks to, and that fires HTTP jobs at their times.
 */
import { type Clock, systemClock } from '#shared/runtime';
import type { MintOidcToken } from './attempt.ts';
import { startGrpcServer } from './grpcServer.ts';
import { atNext, JobRunner } from './jobRunner.ts';
import { JobService } from './jobService.ts';
import { JobStore } from './jobStore.ts';
import { startRestServer } from './restServer.ts';

export type { MintOidcToken } from './attempt.ts';

export interface SchedulerOptions {
  /** JSON file that keeps the jobs. It is made when it is not there. */
  file: string;
  /** Of gRPC; REST takes a free one. @default a free one */
  port?: number;
  clock?: Clock;
  /** Makes the tokens of jobs that have an `oidcToken`; without it their attempts fail as UNAUTHENTICATED. */
  mintOidcToken?: MintOidcToken;
  /** For the names of jobs that are created without one. */
  random?: () => number;
}

export interface Scheduler {
  /** `127.0.0.1:port`, gRPC without TLS. */
  endpoint: string;
  /** `http://127.0.0.1:port`, under which `/v1/projects/P/locations/L/jobs` is served. */
  url: string;
  /** Stops firing, breaks off what runs, and frees the ports. All is on disk already. */
  close(): Promise<void>;
}

/** Starts with the jobs of the file. What was due while nothing ran is left out, as Cloud Scheduler does not catch up either. */
export async function startScheduler(options: SchedulerOptions): Promise<Scheduler> {
  const { file, port = 0, clock = systemClock, mintOidcToken, random = Math.random } = options;
  const store = await JobStore.open(file);
  const runner = new JobRunner(store, clock, mintOidcToken);
  const service = new JobService(store, runner, clock, random);
  const grpcServer = await startGrpcServer(service, port);
  const restServer = await startRestServer(service);
  await Promise.all(store.list().map((job) => store.put(atNext(job, clock.now()))));
  for (const job of store.list()) runner.follow(job.name);
  return {
    endpoint: `127.0.0.1:${grpcServer.port}`,
    url: `http://127.0.0.1:${restServer.port}`,
    close: async () => {
      await Promise.all([grpcServer.close(), restServer.close(), runner.close()]);
    },
  };
}
