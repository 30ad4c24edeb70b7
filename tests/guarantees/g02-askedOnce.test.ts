import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { cancelGeneration } from '#shared/generation';
import { topMediai } from '#shared/music';
import { createSong } from '../../functions/songs/createSong.ts';
import { type Listener, newListener } from '../shared/generation/listener.ts';
import { openStudio, type Studio } from '../support/studio.ts';

let studio: Studio;
let mina: Listener;

beforeAll(async () => {
  studio = await openStudio();
  mina = await newListener(studio);
});

afterEach(() => studio.sandbox.faults.delete());
afterAll(() => studio.close());

const PROMPT = 'a calm song about paper boats';

/** Lets the worker do everything that there is to do, for longer than any bound but storage's. */
async function workItAllOut(): Promise<void> {
  for (let minutes = 0; minutes < 32; minutes += 2) {
    await studio.runWorker({ bounds: { submitMs: 400 } });
    studio.clock.advance(120_000);
  }
}

function ask(key: string | undefined) {
  return studio.service.call(
    createSong,
    { prompt: PROMPT },
    { token: mina.token, ...(key ? { headers: { 'idempotency-key': key } } : {}) },
  );
}

describe('G2: the provider is asked at most once for each request', () => {
  it('one Idempotency-Key, sent 20 times at the same moment, is one request and one order', async () => {
    const accepted = studio.sandbox.accepted();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask('twenty-times')));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(202));
    expect(new Set(answers.map(({ body }) => body.generation.generationId)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')).toHaveLength(19);
    expect((await mina.credits()).balance).toBe(499);
    await studio.runWorker();
    await studio.runWorker();
    expect(studio.sandbox.accepted() - accepted).toBe(1);
  });

  it('the same key later gives the same request as it is then, and another body under it is refused', async () => {
    const first = await ask('later');
    await studio.runWorker();
    const again = await ask('later');
    expect(again.body.generation).toMatchObject({ generationId: first.body.generation.generationId, state: 'submitted' });
    const other = await studio.service.call(
      createSong,
      { prompt: 'something else' },
      { token: mina.token, headers: { 'idempotency-key': 'later' } },
    );
    expect(other.problem).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
  });

  it('many workers at once order each of many requests once', async () => {
    const [accepted, calls] = [studio.sandbox.accepted(), studio.sandbox.calls().generate];
    await Promise.all(Array.from({ length: 5 }, () => mina.ask()));
    await Promise.all([studio.runWorker(), studio.runWorker(), studio.runWorker()]);
    expect(studio.sandbox.calls().generate - calls).toBe(5);
    expect(studio.sandbox.accepted() - accepted).toBe(5);
  });

  it('two workers, one of which is far behind with what it knows, order once', async () => {
    const calls = studio.sandbox.calls().generate;
    const generationId = await mina.ask();
    // The first one stands still after its intent; its lease runs out, and the other one takes over.
    const { promise: freed, resolve: free } = Promise.withResolvers<void>();
    const { promise: standing, resolve: stands } = Promise.withResolvers<void>();
    const slow = studio.runWorker({
      provider: {
        ...studio.provider,
        submit: async (...given) => {
          stands();
          await freed;
          return studio.provider.submit(...given);
        },
      },
    });
    await standing;
    studio.clock.advance(61_000);
    await studio.runWorker();
    expect((await mina.generation(generationId)).state).toBe('unknown');
    free();
    await slow;
    // Its answer came too late: it is refused, and there is no song that nobody would pay for.
    expect(await mina.generation(generationId)).toMatchObject({ state: 'unknown', songs: [] });
    expect(studio.sandbox.calls().generate - calls).toBe(1);
    await workItAllOut();
    expect(await mina.generation(generationId)).toMatchObject({ state: 'failed', songs: [] });
    expect(studio.sandbox.calls().generate - calls).toBe(1);
  });

  it.each(['acceptedThenSilence', 'acceptedThenCut', 'acceptedThen500', 'noIds'] as const)(
    'nothing is sent again after "%s"',
    async (name) => {
      const calls = studio.sandbox.calls().generate;
      studio.sandbox.faults.add({ name, times: 1 });
      const generationId = await mina.ask();
      await workItAllOut();
      expect((await mina.generation(generationId)).state).toBe('failed');
      expect(studio.sandbox.calls().generate - calls).toBe(1);
    },
  );

  it('an order goes out on a connection of its own: one that is kept may be just closing, and then nobody knows', async () => {
    const sockets: [string, unknown][] = [];
    const server = createServer((request, response) => {
      sockets.push([request.url ?? '', request.socket]);
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ status: 200, data: { ids: ['1', '2'] }, key_music_counts: 7 }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const provider = topMediai({ baseUrl: `http://127.0.0.1:${port}`, apiKey: 'key' });
    await provider.getCredits();
    await provider.getCredits();
    const request = { prompt: PROMPT, style: null, title: null, lyrics: null, instrumental: false, voice: 'any', model: 'v4.5' } as const;
    expect(await provider.submit(request, {})).toEqual({ taskIds: ['1', '2'] });
    const [first, second, order] = sockets.map(([, socket]) => socket);
    expect(second).toBe(first);
    expect(order).not.toBe(first);
    server.closeAllConnections();
    server.close();
  });

  it('a request cancelled while its order is on its way is charged, and its songs never come to be', async () => {
    const generationId = await mina.ask();
    const worker = studio.runWorker({
      provider: {
        ...studio.provider,
        submit: async (...given) => {
          const answer = await studio.provider.submit(...given);
          await cancelGeneration(generationId, new Date(studio.clock.now()));
          return answer;
        },
      },
    });
    await worker;
    const cancelled = { state: 'cancelled', songs: [], credits: { reserved: 1, settled: 1, released: 0 } };
    expect(await mina.generation(generationId)).toMatchObject(cancelled);
    await workItAllOut();
    expect(await mina.generation(generationId)).toMatchObject(cancelled);
  });
});
