import { describe, expect, it } from '@jest/globals';
import { lastDueMs } from '../../../shared/jobs/lastDue.ts';

function lastDue(cron: string, timeZone: string, now: string): string {
  return new Date(lastDueMs(cron, timeZone, Date.parse(now))).toISOString();
}

describe('A daily job was due last', () => {
  it.each([
    ['today, at the very moment', 'Asia/Seoul', '2026-11-22T19:30:00Z', '2026-11-22T19:30:00.000Z'],
    ['yesterday, a moment before', 'Asia/Seoul', '2026-11-22T19:29:59.999Z', '2026-11-21T19:30:00.000Z'],
    ['today, behind Greenwich', 'America/Los_Angeles', '2026-11-23T13:00:00Z', '2026-11-23T12:30:00.000Z'],
    ['today, on a day of 23 hours', 'Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-29T02:30:00.000Z'],
    ['today, on a day of 25 hours', 'Europe/Berlin', '2026-10-25T12:00:00Z', '2026-10-25T03:30:00.000Z'],
  ])('%s, in %s', (_when, timeZone, now, expected) => {
    expect(lastDue('30 4 * * *', timeZone, now)).toBe(expected);
  });

  it('before it is fired, where summer time leaves its hour out', () => {
    expect(lastDue('30 2 * * *', 'Europe/Berlin', '2026-03-29T12:00:00Z')).toBe('2026-03-29T00:30:00.000Z');
  });

  it('at the first of two, where winter time repeats its hour', () => {
    expect(lastDue('30 2 * * *', 'Europe/Berlin', '2026-10-25T12:00:00Z')).toBe('2026-10-25T00:30:00.000Z');
  });

  it('never, when it is not daily: that is a mistake in the table', () => {
    expect(() => lastDue('* * * * *', 'Etc/UTC', '2026-11-23T12:00:00Z')).toThrow('* * * * * is no daily schedule');
  });
});
