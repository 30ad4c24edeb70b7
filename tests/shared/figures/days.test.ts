/** Days of the service begin at its midnight, also when a clock is put forward or back. */
import { beforeAll, expect, it } from '@jest/globals';
import { dayBefore, spanOfDay } from '#shared/figures';
import { dayOf } from '#shared/limits';
import { useOwnProject } from '../../support/service.ts';

beforeAll(() => void useOwnProject({ SERVICE_TIME_ZONE: 'America/New_York' }));

it.each([
  ['2026-03-08', 23],
  ['2026-11-01', 25],
  ['2026-11-23', 24],
  ['2027-01-01', 24],
])('%s has %i hours, ends where the next day begins, and holds its own moments alone', (day, hours) => {
  const { startsAt, endsAt } = spanOfDay(day);
  expect((endsAt.getTime() - startsAt.getTime()) / 3_600_000).toBe(hours);
  expect(spanOfDay(dayBefore(day, -1)).startsAt).toEqual(endsAt);
  expect(spanOfDay(dayBefore(day)).endsAt).toEqual(startsAt);
  expect([dayOf(startsAt), dayOf(new Date(endsAt.getTime() - 1))]).toEqual([day, day]);
});

it('What is no day is refused', () => {
  expect(() => spanOfDay('2026-13-01')).toThrow(RangeError);
});
