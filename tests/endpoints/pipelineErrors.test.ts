/** Whatever a handler throws, its caller is answered, and operators are told once, of nothing that is the caller's. */
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { type ToldError, tellErrors } from '#shared/runtime';
import { type Service, startService } from '../support/service.ts';

const told: ToldError[] = [];
let thrown: () => unknown;
let reached: () => void;

const failing = defineEndpoint({
  ...{ name: 'failing', method: 'POST', summary: 'Fail', access: 'public', feature: 'none', needs: {}, rate: 'write' },
  budget: { reads: 0, writes: 0 },
  input: z.strictObject({ prompt: z.string().trim() }),
  output: z.strictObject({}),
  ...{ errors: [], cache: 'none', examples: [{ title: 'Fail', input: { prompt: 'x' } }] },
  async handler() {
    reached();
    throw await thrown();
  },
});

let service: Service;

beforeAll(async () => {
  service = await startService({ endpoints: [failing] });
  tellErrors((error) => told.push(error));
});
afterAll(async () => {
  tellErrors(undefined);
  await service.close();
});
beforeEach(() => {
  told.length = 0;
  reached = () => undefined;
});

const refusing = () =>
  new Proxy(new Error('x'), {
    get: () => {
      throw new Error('no');
    },
  });

it.each<[string, () => unknown]>([
  ['nothing', () => undefined],
  ['a text', () => 'oh'],
  ['what cannot be looked at', refusing],
  ['an error without an end', () => new Error('a'.repeat(10_000_000))],
])('Who asked is answered at once when the function throws %s', async (_what, error) => {
  thrown = error;
  const startMs = performance.now();
  const { status, body } = await service.call(failing as never, { prompt: 'paper boats' } as never);
  expect({ status, code: (body as { code: string }).code }).toEqual({ status: 500, code: 'internal' });
  expect(performance.now() - startMs).toBeLessThan(2_000);
  expect(told.map(({ code }) => code)).toEqual(['request_failed']);
});

it('An error that repeats the prompt is told without it, and with its request', async () => {
  thrown = () => new Error('cannot sing "paper boats": mina@sori.example');
  const { body } = await service.call(failing as never, { prompt: ' paper boats ' } as never);
  expect(told).toMatchObject([{ error: { message: 'cannot sing "[input]": [email]' }, context: { function: 'failing' } }]);
  expect(told[0]?.context.requestId).toBe((body as { requestId: string }).requestId);
});

/** Somebody who leaves as soon as the work has begun. */
async function leave(error: unknown): Promise<void> {
  const gone = new AbortController();
  const failed = Promise.withResolvers<void>();
  reached = () => gone.abort();
  thrown = () => new Promise((resolve) => setTimeout(resolve, 200, error)).finally(() => setImmediate(failed.resolve));
  const options = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"prompt":"x"}', signal: gone.signal };
  await expect(fetch(`${service.url}/failing`, options)).rejects.toThrow();
  await failed.promise;
  await new Promise((resolve) => setTimeout(resolve, 20));
}

it('A failure that nobody waits for any more is told all the same', async () => {
  await leave(new TypeError('no such thing'));
  expect(told).toMatchObject([{ code: 'failed_unheard', error: { name: 'TypeError', message: 'no such thing' } }]);
});

it('That the work was stopped because its caller had left is no failure', async () => {
  await leave(new DOMException('the request is over', 'AbortError'));
  expect(told).toEqual([]);
});
