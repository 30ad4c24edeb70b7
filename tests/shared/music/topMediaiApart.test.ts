/** Many songs are asked for in one call; one id that the provider refuses must not hide how the others stand. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { type MusicProvider, topMediai } from '../../../shared/music/index.ts';
import { json, type SmallServer, serve } from './smallServer.ts';

Object.assign(process.env, { GOOGLE_CLOUD_PROJECT: 'demo-music', LOG_LEVEL: 'silent' });

const IDS = Array.from({ length: 8 }, (_, index) => String(100 + index));
const SCHEMA_REFUSAL = [422, { detail: [{ loc: ['query', 'ids'], msg: 'no such id' }] }] as const;
const BODY_REFUSAL = [200, { status: 400_000, message: 'Invalid request parameter' }] as const;

let server: SmallServer;
let provider: MusicProvider;

afterEach(() => server.close());

/** A provider that answers so to a call that names one of these ids, and else knows every song. */
async function refusing(ids: string[], [status, body]: readonly [number, unknown]): Promise<void> {
  server = await serve((request, response) => {
    const asked = new URL(request.url ?? '', 'http://x').searchParams.get('ids')?.split(',') ?? [];
    if (asked.some((id) => ids.includes(id))) return json(response, body, status);
    json(response, { status: 200, data: asked.map((id) => ({ id, status: 2 })) });
  });
  provider = topMediai({ baseUrl: server.url, apiKey: 'k' });
}

describe('songs that are asked for together', () => {
  it.each([
    ['by its schema', SCHEMA_REFUSAL],
    ['in its body', BODY_REFUSAL],
  ])('are all told but the one whose id the provider refuses %s, in a few calls more', async (_how, refusal) => {
    await refusing(['105'], refusal);
    expect([...(await provider.getTasks(IDS)).keys()].sort()).toEqual(IDS.filter((id) => id !== '105'));
    expect(server.received).toHaveLength(1 + 2 * 3);
  });

  it('are told in one call when none is refused', async () => {
    await refusing([], SCHEMA_REFUSAL);
    expect((await provider.getTasks(IDS)).size).toBe(8);
    expect(server.received).toHaveLength(1);
  });

  it('are missing when all are refused, and nothing is asked for twice', async () => {
    await refusing(IDS, BODY_REFUSAL);
    expect(await provider.getTasks(IDS)).toEqual(new Map());
    const urls = server.received.map(({ url }) => url);
    expect(new Set(urls).size).toBe(2 * IDS.length - 1);
    expect(urls).toHaveLength(2 * IDS.length - 1);
  });

  it('are not asked for apart when the fault is not in the ids', async () => {
    await refusing(['105'], [500, {}]);
    await expect(provider.getTasks(IDS)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(server.received).toHaveLength(1);
  });

  it('are not asked for further when it is too often', async () => {
    server = await serve((_request, response) => {
      const [status, body] = server.received.length === 1 ? SCHEMA_REFUSAL : ([429, {}] as const);
      json(response, body, status, { 'retry-after': '7' });
    });
    provider = topMediai({ baseUrl: server.url, apiKey: 'k' });
    await expect(provider.getTasks(IDS)).rejects.toMatchObject({ kind: 'rate_limited', retryAfterS: 7 });
    expect(server.received).toHaveLength(2);
  });
});
