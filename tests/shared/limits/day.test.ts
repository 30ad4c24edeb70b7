import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { dayOf, endOfDay } from '#shared/limits';

const HOUR_MS = 3600_000;

describe('The service’s day', () => {
  it.each([
    ['2026-11-23T14:59:59.999Z', 'Asia/Seoul', '2026-11-23', '2026-11-23T15:00:00.000Z'],
    ['2026-11-23T15:00:00.000Z', 'Asia/Seoul', '2026-11-24', '2026-11-24T15:00:00.000Z'],
    ['2026-12-31T15:00:00.000Z', 'Asia/Seoul', '2027-01-01', '2027-01-01T15:00:00.000Z'],
    ['2026-11-23T23:59:59.999Z', 'UTC', '2026-11-23', '2026-11-24T00:00:00.000Z'],
    ['2026-03-08T12:00:00.000Z', 'America/New_York', '2026-03-08', '2026-03-09T04:00:00.000Z'],
    ['2026-11-01T12:00:00.000Z', 'America/New_York', '2026-11-01', '2026-11-02T05:00:00.000Z'],
    ['2028-02-28T16:00:00.000Z', 'Asia/Seoul', '2028-02-29', '2028-02-29T15:00:00.000Z'],
    ['2026-06-01T10:00:00.000Z', 'Asia/Kathmandu', '2026-06-01', '2026-06-01T18:15:00.000Z'],
  ])('to which %s belongs in %s is %s, until %s', (at, zone, day, end) => {
    expect([dayOf(new Date(at), zone), endOfDay(new Date(at), zone).toISOString()]).toEqual([day, end]);
  });

  it('has 23 hours when the clocks go forward and 25 when they go back', () => {
    const hoursFrom = (start: string, zone: string) => (endOfDay(new Date(start), zone).getTime() - Date.parse(start)) / HOUR_MS;
    expect(hoursFrom('2026-03-08T05:00:00Z', 'America/New_York')).toBe(23);
    expect(hoursFrom('2026-11-01T04:00:00Z', 'America/New_York')).toBe(25);
    expect(hoursFrom('2026-03-28T23:00:00Z', 'Europe/Berlin')).toBe(23);
  });

  it('may begin at one o’clock, where midnight is left out', () => {
    const start = endOfDay(new Date('2026-04-23T12:00:00Z'), 'Africa/Cairo'); // 24 April 2026: 00:00 becomes 01:00
    expect([start.toISOString(), dayOf(start, 'Africa/Cairo')]).toEqual(['2026-04-23T22:00:00.000Z', '2026-04-24']);
  });

  it('ends with the first millisecond of another day, at any time in any zone', () => {
    const zones = ['Asia/Seoul', 'UTC', 'America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe', 'Pacific/Chatham', 'Africa/Cairo'];
    const times = fc.integer({ min: Date.parse('2024-01-01'), max: Date.parse('2034-01-01') });
    fc.assert(
      fc.property(times, fc.constantFrom(...zones), (atMs, zone) => {
        const today = dayOf(new Date(atMs), zone);
        const end = endOfDay(new Date(atMs), zone);
        expect(end.getTime()).toBeGreaterThan(atMs);
        expect(dayOf(new Date(end.getTime() - 1), zone)).toBe(today);
        expect(dayOf(end, zone) > today).toBe(true);
      }),
      { seed: 20261123, numRuns: 60 },
    );
  });
});
