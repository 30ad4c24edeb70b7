import { createPublicKey, type KeyObject } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createSigningKey } from '../../../scripts/local/google/signing.ts';
import { Certificates } from '../../../shared/access/certificates.ts';
import { TestClock } from '../../support/clock.ts';
import { json, type SmallServer, serve, until } from '../music/smallServer.ts';

const MAX_AGE_S = 3600;
const ANSWER_HEADERS = { 'cache-control': `public, max-age=${MAX_AGE_S}, must-revalidate, no-transform` };

let pems: Record<'first' | 'second', string>;
let server: SmallServer;
/** What the source answers now. */
let answer: (respond: (body: unknown, status?: number) => void) => void;
let clock: TestClock;
let certificates: Certificates;

beforeAll(async () => {
  process.env['LOG_LEVEL'] = 'silent';
  process.env['GOOGLE_CLOUD_PROJECT'] = 'sori-certificates';
  const [first, second] = await Promise.all([createSigningKey('first', Date.now()), createSigningKey('second', Date.now())]);
  pems = { first: first.certificatePem, second: second.certificatePem };
  server = await serve((_request, response) => answer((body, status) => json(response, body, status, ANSWER_HEADERS)));
});

afterAll(() => server.close());

beforeEach(() => {
  clock = new TestClock();
  certificates = new Certificates(server.url);
  answer = (respond) => respond({ first: pems.first });
});

afterEach(() => {
  server.received.length = 0;
});

function key(id: string): Promise<KeyObject | undefined> {
  return certificates.key(id, clock);
}

function publicKeyOf(name: keyof typeof pems): unknown {
  return createPublicKey(pems[name]).export({ format: 'jwk' });
}

async function jwkOf(id: string): Promise<unknown> {
  return (await key(id))?.export({ format: 'jwk' });
}

const fetches = () => server.received.length;

describe('Google’s keys', () => {
  it('are fetched once, and serve as keys until shortly before they lapse', async () => {
    expect(await jwkOf('first')).toEqual(publicKeyOf('first'));
    for (let minute = 0; minute < 54; minute += 1) {
      clock.advance(60_000);
      expect(await key('first')).toBeDefined();
    }
    expect(fetches()).toBe(1);
  });

  it('are fetched once when twenty ask at the same time', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => jwkOf('first')));
    expect(all).toEqual(Array(20).fill(publicKeyOf('first')));
    expect(fetches()).toBe(1);
  });

  it('are refreshed before they lapse, while the old ones serve', async () => {
    await key('first');
    answer = (respond) => respond({ second: pems.second });
    clock.advance((MAX_AGE_S - 299) * 1000);
    expect(await jwkOf('first')).toEqual(publicKeyOf('first'));
    await until(() => fetches() === 2);
    expect(await jwkOf('second')).toEqual(publicKeyOf('second')); // joins the refresh if it runs still
    expect(await key('first')).toBeUndefined();
    expect(fetches()).toBe(2);
  });

  it('that have lapsed are asked for first: a token of yesterday’s key is not taken on trust', async () => {
    await key('first');
    answer = (respond) => respond({ second: pems.second });
    clock.advance(24 * 3600_000);
    expect(await key('first')).toBeUndefined();
    expect(await key('second')).toBeDefined();
    expect(fetches()).toBe(2);
  });

  it.each<[string, (respond: (body: unknown, status?: number) => void) => void]>([
    ['fails', (respond) => respond({ error: 'out' }, 503)],
    ['gives nothing', (respond) => respond({})],
    ['gives a page', (respond) => respond('<html>')],
    ['gives what is no certificate', (respond) => respond({ second: '-----BEGIN CERTIFICATE-----\nbm90\n-----END CERTIFICATE-----\n' })],
    ['gives another form', (respond) => respond({ keys: [{ kid: 'second' }] })],
  ])('stay in use when a refresh %s, and it is tried again after 30 s', async (_what, nonsense) => {
    await key('first');
    answer = nonsense;
    clock.advance(MAX_AGE_S * 1000 + 1);
    expect(await jwkOf('first')).toEqual(publicKeyOf('first'));
    expect(await jwkOf('first')).toEqual(publicKeyOf('first'));
    expect(fetches()).toBe(2);
    answer = (respond) => respond({ first: pems.first, second: pems.second });
    clock.advance(30_000);
    expect(await jwkOf('second')).toEqual(publicKeyOf('second'));
    expect(fetches()).toBe(3);
  });

  it('are fetched again by the next request when there have never been any', async () => {
    answer = (respond) => respond({ error: 'out' }, 503);
    await expect(key('first')).rejects.toMatchObject({ code: 'feature_unavailable', params: { feature: 'signIn', reason: 'signIn' } });
    answer = (respond) => respond({ first: pems.first });
    expect(await key('first')).toBeDefined();
  });
});

describe('A key id that is not known', () => {
  it('is asked for at once when the last look was a while ago', async () => {
    await key('first');
    clock.advance(30_000);
    answer = (respond) => respond({ first: pems.first, second: pems.second });
    expect(await jwkOf('second')).toEqual(publicKeyOf('second'));
    expect(fetches()).toBe(2);
  });

  it('costs the source one question in 30 s, whoever invents it', async () => {
    await key('first');
    for (let second = 0; second < 90; second += 1) {
      await Promise.all([key(`invented ${second}`), key(`made up ${second}`)]);
      clock.advance(1000);
    }
    expect(fetches()).toBe(3);
    expect(await key('first')).toBeDefined();
  });

  it('waits for the look that runs already instead of being refused', async () => {
    await key('first');
    clock.advance(30_000);
    let release = () => {};
    answer = (respond) => {
      release = () => respond({ first: pems.first, second: pems.second });
    };
    const asked = [jwkOf('second'), jwkOf('second')];
    await until(() => fetches() === 2);
    asked.push(jwkOf('second'));
    release();
    expect(await Promise.all(asked)).toEqual(Array(3).fill(publicKeyOf('second')));
  });
});
