/** Where the trace of a request goes on, and where it must not. Calls by `send` are tested in runtime/http.test.ts. */
import { Readable } from 'node:stream';
import { expect, it } from '@jest/globals';
import { grpc } from 'google-gax';
import { nudgeJob, systemClock, withLogContext } from '#shared/runtime';
import { openDownload } from '../../../shared/music/openDownload.ts';
import { useOwnProject } from '../../support/service.ts';
import { openFaultyProxy } from '../media/faultyProxy.ts';
import { openGcsStore, readAll } from '../media/someStores.ts';
import { serve } from '../music/smallServer.ts';

const TRACE = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };
const HEADER = `00-${TRACE.traceId}-${TRACE.spanId}-01`;

it('Every request to Cloud Storage carries it, the client’s own ones too', async () => {
  const gcs = await openGcsStore();
  const proxy = await openFaultyProxy(gcs.url);
  const store = gcs.anotherStore({ apiEndpoint: proxy.url });
  try {
    await withLogContext(TRACE, async () => {
      const write = { stagingName: 'staging/one', contentType: 'audio/mpeg', maxBytes: 10 };
      const { name } = await store.publish(await store.stage(Readable.from([Buffer.from('ten bytes.')]), write), 'songs/one');
      await readAll((await store.open(name)).body);
      await store.find(name);
      await store.delete(name);
    });
    expect(proxy.traces.length).toBeGreaterThan(5);
    expect(proxy.seen.filter((_request, at) => proxy.traces[at] !== HEADER)).toEqual([]);
  } finally {
    await proxy.close();
    await gcs.close();
  }
});

it('A download, from wherever others say, carries none', async () => {
  const server = await serve((_request, response) => response.writeHead(200).end('sound'));
  try {
    const options = { providerBaseUrl: server.url, maxBytes: 10, timeoutMs: 2_000 };
    const { body } = await withLogContext(TRACE, () => openDownload(`${server.url}/a.mp3`, options));
    await readAll(Readable.from(body));
    expect(server.received.map(({ headers }) => headers['traceparent'])).toEqual([undefined]);
  } finally {
    await server.close();
  }
});

/** A Scheduler that runs nothing, and says what the calls carried. */
async function schedulerThatListens() {
  const traces: unknown[] = [];
  const server = new grpc.Server();
  const bytes = (given: Buffer) => given;
  const runJob = { path: '/google.cloud.scheduler.v1.CloudScheduler/RunJob', requestStream: false, responseStream: false };
  const forms = { requestSerialize: bytes, requestDeserialize: bytes, responseSerialize: bytes, responseDeserialize: bytes };
  server.addService(
    { runJob: { ...runJob, ...forms } },
    {
      runJob: ({ metadata }: grpc.ServerUnaryCall<Buffer, Buffer>, answer: grpc.sendUnaryData<Buffer>) => {
        traces.push(metadata.get('traceparent'));
        answer(null, Buffer.alloc(0));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, taken) => (error ? reject(error) : resolve(taken))),
  );
  return { endpoint: `127.0.0.1:${port}`, traces, close: () => server.forceShutdown() };
}

it('The nudge of a job carries it', async () => {
  const scheduler = await schedulerThatListens();
  useOwnProject({ CLOUD_SCHEDULER_ENDPOINT: scheduler.endpoint });
  try {
    await withLogContext(TRACE, () => nudgeJob('advanceGenerations', systemClock));
    expect(scheduler.traces).toEqual([[HEADER]]);
  } finally {
    scheduler.close();
  }
});
