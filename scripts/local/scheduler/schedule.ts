/**
 * Unix-cron in a time zone, by croner.
 *
 * Where daylight saving repeats an hour, a fixed time such as `30 2 * * *` comes once, at the first of the two; where an hour is
 * left out, it comes right after the gap. Schedules with a wildcard, step, range or list of minutes or hours keep running
 * through a repeated hour and skip a missing one (croner's README, "DST handling").
 */
import { Cron } from 'croner';

/** The next time after `afterMs`, in milliseconds since the epoch. A schedule that never comes again (30 February): undefined. */
export function nextTime({ schedule, timeZone }: { schedule: string; timeZone: string }, afterMs: number): number | undefined {
  return cron(schedule, timeZone).nextRun(new Date(afterMs))?.getTime();
}

// The fields of https://cloud.google.com/scheduler/docs/configuring/cron-job-schedules; croner's own additions (L, W, #, ?, +) are no part of them.
const VALUE = '(?:\\d{1,2}|[a-z]{3})';
const ITEM = `(?:\\*|${VALUE}(?:-${VALUE})?)(?:/\\d{1,2})?`;
const UNIX_CRON = new RegExp(`^\\s*${ITEM}(?:,${ITEM})*(?:\\s+${ITEM}(?:,${ITEM})*){4}\\s*$`, 'i');

export function isSchedule(schedule: string): boolean {
  if (!UNIX_CRON.test(schedule)) return false;
  try {
    return Boolean(cron(schedule, 'Etc/UTC'));
  } catch {
    return false;
  }
}

export function isTimeZone(timeZone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone }));
  } catch {
    return false;
  }
}

/** A time as RFC 3339 in the offset that the zone has then, e.g. `2026-03-29T04:00:00+09:00`; a zero offset is `Z`. */
export function inZone(timeMs: number, timeZone: string): string {
  const offset = offsetOf(timeMs, timeZone);
  const [hours = 0, minutes = 0] = offset.slice(1).split(':').map(Number);
  const offsetMs = (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
  const local = new Date(timeMs + offsetMs).toISOString().replace('.000Z', 'Z');
  return offsetMs === 0 ? local : local.replace('Z', offset);
}

/** `+09:00`; for Greenwich time `+00:00`. */
function offsetOf(timeMs: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).formatToParts(timeMs);
  const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
  return name === 'GMT' ? '+00:00' : name.slice('GMT'.length);
}

function cron(schedule: string, timeZone: string): Cron {
  return new Cron(schedule, { timezone: timeZone, mode: '5-part' });
}
