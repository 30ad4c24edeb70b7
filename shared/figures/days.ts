/** Names of minutes, hours and days, and when they begin and end. */
import { dayOf, endOfDay } from '#shared/limits';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;

export interface Span {
  startsAt: Date;
  /** Not part of it any more. */
  endsAt: Date;
}

export function minuteStart(ms: number): number {
  return Math.floor(ms / MINUTE_MS) * MINUTE_MS;
}

/** `2026-11-23T14`, in UTC: there every hour has its own name. */
export function hourOf(at: Date): string {
  return at.toISOString().slice(0, 13);
}

export function spanOfHour(hour: string): Span {
  const startsAt = new Date(`${hour}:00:00.000Z`);
  return { startsAt, endsAt: new Date(startsAt.getTime() + HOUR_MS) };
}

/** Of a day of the service, `2026-11-23`. @throws {RangeError} for what is no day */
export function spanOfDay(day: string): Span {
  const within = momentOf(day);
  const before = momentOf(new Date(Date.parse(`${day}T12:00:00Z`) - 24 * HOUR_MS).toISOString().slice(0, 10));
  return { startsAt: endOfDay(before), endsAt: endOfDay(within) };
}

/** The service's day so many days before. */
export function dayBefore(day: string, days = 1): string {
  return new Date(Date.parse(`${day}T12:00:00Z`) - days * 24 * HOUR_MS).toISOString().slice(0, 10);
}

/** Some moment of a day: noon in Greenwich is noon of that day for most, and morning or evening of it for all but the farthest east. */
function momentOf(day: string): Date {
  const noonMs = Date.parse(`${day}T12:00:00Z`);
  const found = [0, -12, 12].map((hours) => new Date(noonMs + hours * HOUR_MS)).find((at) => dayOf(at) === day);
  if (!found) throw new RangeError(`${day} is no day of the service`);
  return found;
}
