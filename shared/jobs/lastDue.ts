/** When a job was due last. */
const DAILY = /^(\d{1,2}) (\d{1,2}) \* \* \*$/;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * The newest time at or before `nowMs` at which a daily job was due, in milliseconds. Where summer time leaves its hour out, it is half an
 * hour or so before the Scheduler fires it; where the hour comes twice, it is the first.
 *
 * @param cron - `M H * * *`; another is a mistake in the table of jobs
 */
export function lastDueMs(cron: string, timeZone: string, nowMs: number): number {
  const [, minute, hour] = DAILY.exec(cron) ?? [];
  if (minute === undefined || hour === undefined) throw new Error(`${cron} is no daily schedule`);
  const dueOn = (dayMs: number) => momentOf(dateIn(timeZone, dayMs) + (Number(hour) * 60 + Number(minute)) * 60_000, timeZone);
  const today = dueOn(nowMs);
  return today <= nowMs ? today : dueOn(nowMs - DAY_MS);
}

/** What the clocks of the zone show, as if it were Greenwich time. */
function shownMs(timeZone: string, timeMs: number): number {
  const form = { timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' } as const;
  const parts = new Intl.DateTimeFormat('en-CA', { ...form, hour: '2-digit', minute: '2-digit', second: '2-digit' }).formatToParts(timeMs);
  const part = (type: string) => parts.find((found) => found.type === type)?.value ?? '';
  return Date.parse(`${part('year')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}:${part('second')}Z`);
}

/** Midnight of the zone's day, as its clocks show it. */
function dateIn(timeZone: string, timeMs: number): number {
  return Math.floor(shownMs(timeZone, timeMs) / DAY_MS) * DAY_MS;
}

/** The moment at which the clocks of the zone show this. */
function momentOf(wantedMs: number, timeZone: string): number {
  const before = wantedMs - offsetMs(timeZone, wantedMs - DAY_MS);
  const isThere = offsetMs(timeZone, before) === offsetMs(timeZone, wantedMs - DAY_MS);
  return isThere ? before : wantedMs - offsetMs(timeZone, wantedMs + DAY_MS);
}

function offsetMs(timeZone: string, timeMs: number): number {
  const wholeMs = Math.floor(timeMs / 1000) * 1000;
  return shownMs(timeZone, wholeMs) - wholeMs;
}
