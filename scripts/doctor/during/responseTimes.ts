import { send } from '#shared/runtime';
import { broken, type Check, doubtful, sound } from '../check.ts';

/** The first may start an instance; what people usually meet is the median of the others. */
const CALLS = 11;
/** With the way from this machine to the region and back; alarms inside begin at 1 s for 95 of 100. */
const BOUNDS = { limitMs: 5_000, slowMs: 1_000 };
const PATHS = ['checkHealth', 'listSongs?scope=public'];

export const responseTimes = timesWithin(BOUNDS);

/** @param bounds - `limitMs` of one call, `slowMs` of the median */
export function timesWithin({ limitMs, slowMs }: typeof BOUNDS): Check {
  return {
    name: 'responseTimes',
    list: 'during',
    summary: { en: 'the service answers within a second', ko: '응답 시간' },
    async look({ site: { bases } }) {
      const base = bases[0]?.url ?? '';
      const medians = await Promise.all(PATHS.map(async (path) => ({ path, ms: await medianMs(`${base}/${path}`, limitMs) })));
      const seen = medians.map(({ path, ms }) => (ms > limitMs ? `${path}: no answer within ${limitMs} ms` : `${path}: ${ms} ms`));
      const slowest = Math.max(...medians.map(({ ms }) => ms));
      const next = { en: 'getDashboard tells by function; docs/runbook.md, "latency".', ko: 'getDashboard에서 함수별로 확인하세요.' };
      if (slowest > limitMs) return broken(seen, next);
      return slowest > slowMs ? doubtful(seen, next) : sound(seen.join(', '));
    },
  };
}

/** Of one call after the other; what takes too long counts as longer than the limit. */
async function medianMs(url: string, limitMs: number): Promise<number> {
  const times: number[] = [];
  for (let call = 0; call < CALLS; call += 1) {
    const startedMs = performance.now();
    const isAnswered = await send({ method: 'GET', url, timeoutMs: limitMs }).then(
      () => true,
      () => false,
    );
    times.push(isAnswered ? performance.now() - startedMs : limitMs + 1);
    if (!isAnswered) break;
  }
  const warm = times.length > 1 ? times.slice(1) : times;
  return Math.round(warm.sort((a, b) => a - b)[Math.floor(warm.length / 2)] ?? 0);
}
