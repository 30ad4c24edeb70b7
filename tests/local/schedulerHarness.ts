/** A scheduler with the official client, a clock that the test moves, and a target that records its calls. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CloudSchedulerClient } from '@google-cloud/scheduler';
import { grpc } from 'google-gax';
import { type Scheduler, startScheduler } from '../../scripts/local/scheduler/index.ts';
import { waitUntil } from '../../scripts/local/waitUntil.ts';
import type { Clock } from '../../shared/runtime/index.ts';

export const PARENT = 'projects/demo-sori/locations/asia-northeast3';
export const EMAIL = 'scheduler@demo-sori.iam.gserviceaccount.com';

/** A clock that stands until it is moved. */
class HandClock implements Clock {
  #nowMs: number;
  readonly #sleepers = new Set<{ untilMs: number; wake: () => void }>();

  constructor(iso: string) {
    this.#nowMs = Date.parse(iso);
  }

  now = () => this.#nowMs;
  monotonicMs = () => this.#nowMs;

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const sleeper = { untilMs: this.#nowMs + ms, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', wake, { once: true });
      if (signal?.aborted) wake();
      const sleepers = this.#sleepers;
      function wake() {
        sleepers.delete(sleeper);
        resolve();
      }
    });
  }

  moveTo(iso: string): void {
    this.#nowMs = Date.parse(iso);
    for (const { untilMs, wake } of [...this.#sleepers]) if (untilMs <= this.#nowMs) wake();
  }
}

export interface Call {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

/** An HTTP server that keeps every call, and answers with what `respond` says. */
async function startTarget() {
  const target = {
    url: '',
    calls: [] as Call[],
    respond: (_call: Call): number | Promise<number> => 200,
    times: () => target.calls.map(({ headers }) => headers['x-cloudscheduler-scheduletime']),
    called: (count: number) => waitUntil(`${count} calls`, () => target.calls.length >= count, 5000),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    const call = { method, url, headers, body: await text(request) };
    target.calls.push(call);
    response.writeHead(await target.respond(call)).end('done');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  target.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return target;
}

/** Starts scheduler, client and target at a time. `restart` stops the scheduler, moves the clock, and starts it with the same file. */
export async function startBench(startsAt: string) {
  const directory = await mkdtemp(join(tmpdir(), 'sori-scheduler-'));
  const clock = new HandClock(startsAt);
  const target = await startTarget();
  const options = {
    file: join(directory, 'scheduler', 'jobs.json'),
    clock,
    mintOidcToken: ({ audience, email }: { audience: string; email: string }) => Promise.resolve(`token(${email} for ${audience})`),
  };
  const bench = { clock, target, options, ...(await connect(await startScheduler(options))), restart, close, jobNamed };
  return bench;

  function jobNamed(id: string) {
    return `${PARENT}/jobs/${id}`;
  }

  async function restart(iso: string) {
    await bench.client.close();
    await bench.scheduler.close();
    clock.moveTo(iso);
    Object.assign(bench, await connect(await startScheduler(options)));
  }

  async function close() {
    await bench.client.close();
    await bench.scheduler.close();
    await target.close();
    await rm(directory, { recursive: true });
  }
}

async function connect(scheduler: Scheduler) {
  const [apiEndpoint = '', port] = scheduler.endpoint.split(':');
  const client = new CloudSchedulerClient({
    projectId: 'demo-sori',
    apiEndpoint,
    port: Number(port),
    sslCreds: grpc.credentials.createInsecure(),
  });
  await client.initialize();
  return { scheduler, client };
}
