import { config } from '#shared/runtime';

/** The service's day that `at` belongs to, as `2026-11-23`: days begin at midnight of `SERVICE_TIME_ZONE`. */
export function dayOf(at: Date, timeZone = config().SERVICE_TIME_ZONE): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(at);
}

/** The first moment of the next day. A day may have 23 or 25 hours. */
export function endOfDay(at: Date, timeZone = config().SERVICE_TIME_ZONE): Date {
  const today = dayOf(at, timeZone);
  let sameDayMs = at.getTime();
  let nextDayMs = sameDayMs + 26 * 60 * 60_000; // surely another day, and never the one after the next
  while (nextDayMs - sameDayMs > 1) {
    const middleMs = Math.floor((sameDayMs + nextDayMs) / 2);
    if (dayOf(new Date(middleMs), timeZone) === today) sameDayMs = middleMs;
    else nextDayMs = middleMs;
  }
  return new Date(nextDayMs);
}
