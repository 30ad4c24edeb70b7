import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { RATE_LIMITS } from '#shared/limits';
import { database } from '#shared/runtime';
import { SongId, songs } from '#shared/songs';
import { makePeople, type People } from '../support/callers.ts';
import { TestClock } from '../support/clock.ts';
import { given } from '../support/given.ts';
import { type Answer, type Service, startService } from '../support/service.ts';

/** Every step of the pipeline can refuse a call of this one. */
const probe = defineEndpoint({
  name: 'probe',
  method: 'POST',
  summary: 'Everything that can go wrong',
  access: 'admin',
  feature: 'uploads',
  needs: { song: songs.may('read', 'songId') },
  rate: 'write',
  idempotency: 'replay',
  budget: { reads: 1, writes: 0 },
  resources: { bodyBytes: 200 },
  input: z.strictObject({ songId: SongId }),
  output: z.strictObject({ done: z.literal(true) }),
  errors: [],
  cache: 'none',
  examples: [],
  handler: () => Promise.resolve({ done: true as const }),
});

const REQUESTS = 6;
const clock = new TestClock();

let service: Service;
let people: People;

beforeAll(async () => {
  const rateLimits = { ...RATE_LIMITS, requests: REQUESTS };
  service = await startService({ world: { clock }, endpoints: [probe], rateLimits, settings: { TRUSTED_PROXY_HOPS: '1' } });
  people = await makePeople(service);
});

afterAll(() => service.close());

interface Call {
  method: string;
  type: string;
  body: string;
  authorization: string;
  key: string;
}

function send({ method, type, body, authorization, key }: Call): Promise<Answer> {
  return service.send('probe', { method, body, headers: { 'content-type': type, authorization, 'idempotency-key': key } });
}

async function bearer(who: keyof People): Promise<string> {
  return `Bearer ${await people[who].tokenFor('probe')}`;
}

async function closeUploads(isClosed: boolean): Promise<void> {
  const db = await database();
  await db.doc('settings/service').set({ phase: 2, closedFeatures: isClosed ? ['uploads'] : [] });
  clock.advance(11_000); // what is open is looked up every 10 s
}

describe('the pipeline', () => {
  it('refuses in the order of its steps, whatever else is wrong', async () => {
    const { songId } = await given.song({ owner: people.owner.uid, state: 'making' });
    const call: Call = { method: 'PUT', type: 'text/plain', body: 'x'.repeat(201), authorization: 'Bearer bad', key: 'not one word' };
    const tired = { ...call, method: 'POST', type: 'application/json', body: '{}', authorization: await bearer('stranger') };
    for (let request = 0; request < REQUESTS; request += 1) expect((await send(tired)).status).toBe(403);
    await closeUploads(true);

    await expectRefusal(call, {}, 'method_not_allowed');
    await expectRefusal(call, { method: 'POST' }, 'payload_too_large');
    await expectRefusal(call, { body: '{' }, 'unsupported_media_type');
    await expectRefusal(call, { type: 'application/json' }, 'malformed_request');
    await expectRefusal(call, { body: '{"songId":1}' }, 'unauthenticated');
    await expectRefusal(call, { authorization: await bearer('stranger') }, 'rate_limited');
    await expectRefusal(call, { authorization: await bearer('owner') }, 'role_required');
    await expectRefusal(call, { authorization: await bearer('admin') }, 'feature_unavailable');
    await closeUploads(false);
    await expectRefusal(call, {}, 'invalid_input');
    await expectRefusal(call, { body: '{"songId":"sng_00000000000000000000"}' }, 'not_found');
    await expectRefusal(call, { body: JSON.stringify({ songId }) }, 'malformed_request');
    expect((await send({ ...call, key: 'one-word' })).body).toEqual({ done: true });
  });
});

/** Mends one thing in the call, and looks at what is refused next. */
async function expectRefusal(call: Call, mended: Partial<Call>, code: string): Promise<void> {
  Object.assign(call, mended);
  const { problem } = await send(call);
  expect(problem?.code).toBe(code);
}
