import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import { Readable } from 'node:stream';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { closeServer, listen } from '../../../scripts/local/google/listen.ts';
import { waitUntil } from '../../../scripts/local/waitUntil.ts';
import { sendBytes } from '../../../shared/endpoint/respond.ts';

const LENGTH = 300_000;
const PIECE = Buffer.alloc(10_000, 'sound');

let server: Server;
let url: string;
let source: Readable;
let length: number;
let stallLimitMs: number;
/** What became of the sending: over, or that the listener has gone. */
let outcome: string | undefined;

beforeAll(() => {
  process.env['GOOGLE_CLOUD_PROJECT'] ??= 'demo-sori';
  process.env['LOG_LEVEL'] ??= 'silent';
});

beforeEach(async () => {
  outcome = undefined;
  length = LENGTH;
  stallLimitMs = 20_000;
  server = createServer(async (_request, response) => {
    response.writeHead(200, { 'content-length': length });
    await sendBytes({ source, length }, response, stallLimitMs).then(
      () => (outcome = 'over'),
      (error: { code: string }) => (outcome = error.code),
    );
  });
  url = await listen(server, 0);
});

afterEach(() => closeServer(server));

function soundOf(pieces: number, endWith?: Error): Readable {
  function* sound() {
    for (let at = 0; at < pieces; at += 1) yield PIECE;
    if (endWith) throw endWith;
  }
  return Readable.from(sound(), { objectMode: false });
}

async function ask(): Promise<IncomingMessage> {
  const [answer] = (await once(get(url), 'response')) as [IncomingMessage];
  return answer;
}

/** How many bytes came, and whether they came to an end as the head said. */
async function heard(): Promise<{ bytes: number; isWhole: boolean }> {
  let bytes = 0;
  const answer = await ask().catch(() => undefined);
  if (!answer) return { bytes, isWhole: false }; // cut before the head has come
  answer.on('data', (chunk: Buffer) => (bytes += chunk.length)).on('error', () => undefined);
  await waitUntil('the answer has ended', () => answer.closed, 3_000); // sooner than an idle connection does

  return { bytes, isWhole: answer.complete };
}

const settled = () => waitUntil('the sending is over', () => outcome !== undefined && source.destroyed, 2000);

describe('The bytes of an answer', () => {
  it('arrive whole, and the connection serves the next one', async () => {
    for (const _time of [1, 2]) {
      source = soundOf(30);
      expect(await heard()).toEqual({ bytes: LENGTH, isWhole: true });
      await settled();
      expect(outcome).toBe('over');
    }
  });

  it.each<[string, () => Readable]>([
    ['has fewer than it said', () => soundOf(29)],
    ['has more than it said', () => soundOf(31)],
    ['has none', () => soundOf(0)],
    ['breaks off', () => soundOf(12, new Error('the storage is gone'))],
    ['breaks off at once', () => soundOf(0, new Error('the storage is gone'))],
  ])('of a source that %s are never taken for the whole: the connection is cut', async (_what, make) => {
    source = make();
    const { bytes, isWhole } = await heard();
    expect({ isWhole, isWithin: bytes <= LENGTH }).toEqual({ isWhole: false, isWithin: true });
    await settled();
    expect(outcome).toBe('over'); // nobody to tell: it is logged
  });

  it('wait for a listener who is slow', async () => {
    source = soundOf(30);
    const answer = await ask();
    let bytes = 0;
    for await (const chunk of answer) {
      bytes += (chunk as Buffer).length;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(bytes).toBe(LENGTH);
  });

  it('do not wait for ever for one who takes nothing', async () => {
    stallLimitMs = 200;
    source = endless();
    const answer = (await ask()).on('error', () => undefined);
    await settled();
    expect([outcome, answer.complete]).toEqual(['ERR_STREAM_PREMATURE_CLOSE', false]);
  });

  it('are given up when the listener goes', async () => {
    source = endless();
    const answer = (await ask()).on('error', () => undefined);
    answer.once('data', () => answer.destroy());
    await settled();
    expect(outcome).toBe('ERR_STREAM_PREMATURE_CLOSE');
  });
});

function endless(): Readable {
  length = Number.MAX_SAFE_INTEGER;
  return soundOf(Number.POSITIVE_INFINITY);
}
