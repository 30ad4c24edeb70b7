/** What the former service's own plan reckoned with, in dollars a month: its totals and its provider, between two bounds each. */
import type { Row } from './parts.ts';

interface Range {
  from: number;
  to: number;
}

interface Estimate {
  /** Users, in its words. */
  users: string;
  total: Range;
  api: Range;
}

const SMALL: Estimate = { users: '100 to 500 users', total: { from: 110, to: 190 }, api: { from: 30, to: 50 } };
const LARGE: Estimate = { users: '1,000 users and more', total: { from: 190, to: 310 }, api: { from: 50, to: 80 } };
const LARGE_FROM = 1000;

export function estimateFor(users: number): Estimate & { rest: Range } {
  const estimate = users < LARGE_FROM ? SMALL : LARGE;
  const { total, api } = estimate;
  return { ...estimate, rest: { from: total.from - api.from, to: total.to - api.to } };
}

/** The rows it had. Of the first three only the sum is known. */
export const ROWS: { row: Row; title: string }[] = [
  { row: 'hosting', title: 'hosting' },
  { row: 'database', title: 'database' },
  { row: 'storage', title: 'storage' },
  { row: 'api', title: 'API (the provider)' },
];

export function showRange({ from, to }: Range): string {
  return `$${from}-${to}`;
}
