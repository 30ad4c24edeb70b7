import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { AUTO, openBench } from './sandboxHarness.ts';

describe('What the sandbox remembers', () => {
  it('knows its accepted orders, its balance and its songs after a restart', async () => {
    const bench = await openBench({ credits: 50 });
    try {
      const ids = await bench.submit();
      await bench.restart();
      expect([bench.sandbox.accepted(), bench.sandbox.credits()]).toEqual([1, 47]);
      bench.advance(10_000);
      expect((await bench.poll(ids)).map(({ id, status }) => [id, status])).toEqual(ids.map((id) => [id, 0]));
      expect(await bench.submit()).not.toEqual(ids);
      expect(bench.sandbox.accepted()).toBe(2);
    } finally {
      await bench.close();
    }
  });

  it('has stored an order whole by the time that it answers', async () => {
    const bench = await openBench();
    try {
      await bench.submit();
      expect(readdirSync(join(bench.directory, 'submissions'))).toEqual(['1.json']);
    } finally {
      await bench.close();
    }
  });

  it('lets a failing song fail after a restart as well', async () => {
    const bench = await openBench();
    try {
      bench.sandbox.faults.add({ name: 'failB', code: 12, text: null, status: -2 });
      const ids = await bench.submit();
      await bench.restart();
      bench.advance(10_000);
      const states = (await bench.poll(ids)).map(({ status, fail_code, fail_reason }) => ({ status, fail_code, fail_reason }));
      expect(states).toEqual([
        { status: 0, fail_code: null, fail_reason: null },
        { status: -2, fail_code: 12, fail_reason: null },
      ]);
    } finally {
      await bench.close();
    }
  });

  it('counts calls and keeps bodies, for tests here and for a terminal elsewhere, without the key', async () => {
    const bench = await openBench();
    try {
      const ids = await bench.submit();
      await bench.poll(ids);
      expect(bench.sandbox.calls()).toEqual({ generate: 1, tasks: 1, lyrics: 0, keyInfo: 0, audio: 0, preview: 0, cover: 0 });
      const now = Date.UTC(2030, 0, 1);
      const answered = { faults: [], at: now, endedAt: now, status: 200 };
      const recorded = (await (await bench.call('GET', '/sandbox/requests')).json()) as object[];
      expect(recorded).toEqual([
        { number: 1, place: 'generate', method: 'POST', path: '/v3/music/generate', query: {}, body: AUTO, ...answered },
        { number: 2, place: 'tasks', method: 'GET', path: '/v3/music/tasks', query: { ids: ids.join(',') }, body: null, ...answered },
      ]);
      const summary = await (await bench.call('GET', '/sandbox')).json();
      expect(summary).toEqual({ accepted: 1, credits: 9997, calls: bench.sandbox.calls(), faults: [], trapped: 0 });
    } finally {
      await bench.close();
    }
  });

  it('serves the sister service under its own addresses', async () => {
    const bench = await openBench({ prefix: '/v1' });
    try {
      expect((await bench.call('POST', '/v1/music/generate', AUTO)).status).toBe(200);
      expect((await bench.call('POST', '/v3/music/generate', AUTO)).status).toBe(404);
    } finally {
      await bench.close();
    }
  });
});
