import { type PeriodSummary, recountEnded, refreshPeriod, spanOfDay, summarizePeriod } from '#shared/figures';
import { config } from '#shared/runtime';
import { costOfDay } from './costOfDay.ts';
import { findIncidents } from './findIncidents.ts';
import { compareCredits, creditsOf } from './providerCredits.ts';
import type { Books, Reading, Report, ReportFacts } from './schema.ts';

/** What a report needs from outside the database. */
export interface Sources {
  /** Null when the provider does not say. Asked only for a day that has no reading yet. */
  readBalance(): Promise<Reading | null>;
  /** Checks the credit books of what was written since. Asked only for a day that has no report yet. */
  checkBooks(sinceAt: Date): Promise<Books>;
}

interface Day {
  day: string;
  now: Date;
  /** The day before this report is made: only of that one, today's balance and size say something. */
  isYesterday: boolean;
  /** No more figures of it are expected. */
  isSettled: boolean;
  /** The report as it stands. */
  known: Report | undefined;
  /** The last reading of the balance before this report's. */
  earlier: Reading | null;
}

/** Everything a day's report says. Called again, it says the same, with what has come late. */
export async function gatherFacts({ day, now, isYesterday, isSettled, known, earlier }: Day, sources: Sources): Promise<ReportFacts> {
  const span = spanOfDay(day);
  const how = { withStorage: isYesterday && !known, forgetsCallers: isSettled };
  const period = await refreshPeriod({ kind: 'day', name: day }, now, how);
  const {
    startsAt,
    memoryShare: _m,
    cpuShare: _c,
    p50Ms: _p,
    signInCheckP50Ms: _s,
    refusedShare: _r,
    ...summary
  } = summarizePeriod(period, span.startsAt);
  const [ended, incidents, counted] = await Promise.all([recountEnded(span), findIncidents(span), creditsOf(day)]);
  const reading = known?.providerCredits.reading ?? (isYesterday ? await sources.readBalance() : null);
  const { providerCredits, difference } = await compareCredits(counted, reading, earlier);
  const storageBytes = known?.storageBytes ?? summary.storageBytes;
  const { vcpuMs, gibMs, billedRequests } = period.figures;
  return {
    day,
    timeZone: config().SERVICE_TIME_ZONE,
    startsAt,
    endsAt: span.endsAt.toISOString(),
    ...summary,
    activeCallers: known && isSettled ? known.activeCallers : summary.activeCallers,
    callersRefused: known && isSettled ? known.callersRefused : summary.callersRefused,
    generations: joinEnded(summary.generations, ended, known),
    storageBytes,
    providerCredits,
    creditsDifference: difference,
    cost: costOfDay({ vcpuMs, gibMs, billedRequests, plays: summary.plays, storageBytes: storageBytes ?? 0 }),
    books: known?.books ?? (await sources.checkBooks(span.startsAt)),
    incidents,
  };
}

/** Counted from their documents; an account that was erased meanwhile took its own with it, and they stay counted. */
function joinEnded(
  figures: PeriodSummary['generations'],
  ended: Awaited<ReturnType<typeof recountEnded>>,
  known: Report | undefined,
): ReportFacts['generations'] {
  const most = (state: 'ready' | 'failed' | 'cancelled') => Math.max(ended[state], known?.generations[state] ?? 0);
  return { ...figures, ready: most('ready'), failed: most('failed'), cancelled: most('cancelled') };
}
