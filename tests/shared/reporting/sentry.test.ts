/** What Sentry's own client makes of what it is told, at a real server. */
import { expect, it } from '@jest/globals';
import { describeError } from '#shared/runtime';
import { openSentry } from '../../../shared/reporting/sentry.ts';
import { json, serve } from '../music/smallServer.ts';

interface Event {
  fingerprint?: string[];
  exception: { values: { type: string; value: string; stacktrace?: { frames: object[] } }[] };
}

async function eventsOf(thrown: unknown[]): Promise<Event[]> {
  const ingest = await serve((_request, response) => json(response, {}));
  try {
    const sentry = openSentry({ dsn: `http://key@127.0.0.1:${ingest.port}/1`, release: 'local', environment: 'local' });
    for (const error of thrown) sentry.capture({ code: 'request_failed', error: describeError(error), context: { function: 'getSong' } });
    expect(await sentry.flush(2_000)).toBe(true);
    return ingest.received.map(({ body }) => JSON.parse(body.trim().split('\n').at(-1)!) as Event);
  } finally {
    await ingest.close();
  }
}

it('Errors are grouped by where they were thrown; what says not where is one group for its function, whatever its text', async () => {
  const events = await eventsOf([new Error('no song sng_1'), 'no song sng_1', 'no song sng_2', undefined]);
  const own = ['request_failed', 'getSong'];
  expect(events.map(({ fingerprint }) => fingerprint)).toEqual([undefined, own, own, own]);
  expect(events[0]!.exception.values[0]!.stacktrace!.frames.length).toBeGreaterThan(1);
});

it('An error comes with its causes, one that stands for several with the first of them, and one without end is cut', async () => {
  const round = new Error('round');
  round.cause = round;
  const several = new AggregateError([new Error('on ::1'), new Error('on 127.0.0.1')], 'refused');
  const [chain, refused, endless] = await eventsOf([round, several, new Error('a'.repeat(10_000_000))]);
  expect(chain!.exception.values.length).toBeLessThanOrEqual(6);
  expect(refused!.exception.values.map(({ value }) => value)).toEqual(['on ::1', 'refused']);
  expect(JSON.stringify(endless).length).toBeLessThan(20_000);
});
