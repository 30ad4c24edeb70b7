/** The month as tables, for people. */
import type { PriceName } from '#shared/reports';
import { showTable } from '../bench/showTable.ts';
import { costOfMonth, type MonthCost } from './costOfMonth.ts';
import { estimateFor, ROWS, showRange } from './originalEstimate.ts';
import { PARTS, type Part, type Row } from './parts.ts';
import { PART_TITLES } from './partTitles.ts';
import type { Line } from './priced.ts';
import type { Sources } from './sources.ts';
import { worstHour } from './worstHour.ts';

const MOST_NAMED = 3;
const AGES = [1, 6, 12, 24];

export function showMonth(month: MonthCost, sources: Sources): string {
  const { plan, lines, totalUsd, grossUsd } = month;
  return [
    `A month of ${count(plan.users)} users, each with ${count(plan.plays)} plays and ${count(plan.songs)} requests for songs; the service is ${count(plan.months)} months old.`,
    '',
    showTable(['by part, in US dollars', 'before', 'free tier', 'month'], byPart(lines)),
    '',
    showTable(['beside the former estimate', 'ours', estimateFor(plan.users).users], besideEstimate(month)),
    '',
    `What costs most: ${dominating(lines)}.`,
    `The free tier takes ${usd(grossUsd - totalUsd)} off ${usd(grossUsd)}.`,
    agesOf(month, sources),
    worst(sources),
    doubts(month, sources),
  ].join('\n');
}

function byPart(lines: Line[]): string[][] {
  const parts = (Object.keys(PARTS) as Part[]).filter((part) => part !== 'provider');
  const cells = (title: string, of: Line[]) => [title, ...(['grossUsd', 'freeUsd', 'usd'] as const).map((amount) => usd(sum(of, amount)))];
  const ours = lines.filter(({ part }) => part !== 'provider');
  return [
    ...parts.map((part) =>
      cells(
        PART_TITLES[part],
        ours.filter((line) => line.part === part),
      ),
    ),
    cells('together, without the provider', ours),
    cells(
      PART_TITLES.provider,
      lines.filter(({ part }) => part === 'provider'),
    ),
  ];
}

function besideEstimate({ plan, lines, totalUsd, providerUsd }: MonthCost): string[][] {
  const { rest, api, total } = estimateFor(plan.users);
  const of = (row: Row) =>
    usd(
      sum(
        lines.filter((line) => line.row === row),
        'usd',
      ),
    );
  const theirs: Partial<Record<Row, string>> = { database: `together ${showRange(rest)}`, api: showRange(api) };
  return [
    ...ROWS.map(({ row, title }) => [title, of(row), theirs[row] ?? '']),
    ['everything', usd(totalUsd + providerUsd), showRange(total)],
  ];
}

function dominating(lines: Line[]): string {
  const totals = [...Map.groupBy(lines, ({ part }) => part)].filter(([part]) => part !== 'provider');
  const ranked = totals.map(([part, of]) => ({ part, usd: sum(of, 'usd') })).sort((a, b) => b.usd - a.usd);
  const all = ranked.reduce((whole, each) => whole + each.usd, 0) || 1;
  return ranked
    .slice(0, MOST_NAMED)
    .map((each) => `${PART_TITLES[each.part]} ${usd(each.usd)} (${Math.round((100 * each.usd) / all)} %)`)
    .join(', ');
}

function agesOf({ plan }: MonthCost, sources: Sources): string {
  const totals = AGES.map((months) => `${months}: ${usd(costOfMonth({ ...plan, months }, sources).totalUsd)}`);
  return `What is stored grows. The same month when the service is so many months old: ${totals.join(', ')}.`;
}

function worst(sources: Sources): string {
  const { instances, vcpus, computeUsd, requestsUsd, totalUsd } = worstHour(sources);
  return `The worst hour, ${instances} instances (${Math.ceil(vcpus)} vCPU) busy all the time: ${usd(totalUsd)}, of it ${usd(computeUsd)} for instances and ${usd(requestsUsd)} for requests. Bytes that a bucket sends have no such bound: the budget alert watches them.`;
}

/** What is not certain, and how much hangs on it. */
function doubts({ lines }: MonthCost, { prices }: Sources): string {
  const names = [...new Set(lines.map(({ price }) => price))].filter((name) => !prices[name].isCompared);
  const amount = sum(
    lines.filter(({ price, part }) => names.includes(price) && part !== 'provider'),
    'usd',
  );
  const list = names.map((name: PriceName) => name).join(', ');
  return `Prices that were noted and not compared with their page stand behind ${usd(amount)} of it: ${list} (shared/reports/prices.ts).`;
}

function sum(lines: Line[], amount: 'usd' | 'grossUsd' | 'freeUsd'): number {
  return lines.reduce((total, line) => total + line[amount], 0);
}

function usd(amount: number): string {
  return `$${amount.toFixed(2)}`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
