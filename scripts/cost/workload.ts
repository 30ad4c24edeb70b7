/** From users to calls: how often each function is called in a month, and how that is spread over its minutes. */
import type { RegisteredEndpoint } from '../loadEndpoints.ts';
import { CALLS, CALLS_OF_A_SERVICE, PLAYS_OF_A_VISIT } from './referenceUser.ts';

/** A month is 30 days. */
export const MONTH_S = 30 * 24 * 60 * 60;
export const MONTH_MINUTES = MONTH_S / 60;

export interface Plan {
  users: number;
  /** Of each, in a month. */
  plays: number;
  songs: number;
  /** How old the service is: what is stored grows. */
  months: number;
}

/** Calls of a month by function, jobs not among them. @throws for a function that is not there */
export function callsOf({ users, plays, songs }: Plan, endpoints: RegisteredEndpoint[]): Map<string, number> {
  const known = new Set(endpoints.map(({ name }) => name));
  const unknown = [...Object.keys(CALLS), ...Object.keys(CALLS_OF_A_SERVICE)].filter((name) => !known.has(name));
  if (unknown.length > 0) throw new Error(`There is no function ${unknown.join(', ')}: see scripts/cost/referenceUser.ts`);
  const called = endpoints.filter(({ access }) => access !== 'scheduler').map(({ name }) => name);
  return new Map(
    called.map((name) => {
      const { play = 0, visit = 0, song = 0, month = 0 } = CALLS[name] ?? {};
      const each = play * plays + visit * (plays / PLAYS_OF_A_VISIT) + song * songs + month;
      return [name, users * each + (CALLS_OF_A_SERVICE[name] ?? 0)];
    }),
  );
}

/** How many of the month's periods of so many seconds have at least one call, when calls come at any time. */
export function periodsWithCalls(callsPerMonth: number, periodS: number): number {
  return (MONTH_S / periodS) * (1 - Math.exp(-(callsPerMonth * periodS) / MONTH_S));
}
