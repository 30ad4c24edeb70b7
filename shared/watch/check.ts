import type { AlertName, Finding } from '#shared/incidents';
import { log, type World, within } from '#shared/runtime';

/** One thing that is looked at. */
export interface Check {
  name: string;
  alerts: AlertName[];
  limitMs: number;
  /** What it means when it fails or takes too long: the thing is broken, or nobody knows. */
  whenItFails: 'bad' | 'unknown';
  look(world: World): Promise<Finding[]>;
}

/** All of them side by side, each under its own limit. Never rejects: what cannot be seen is a finding too. */
export async function lookAt(checks: Check[], world: World): Promise<Finding[]> {
  return (await Promise.all(checks.map((check) => lookOnce(check, world)))).flat();
}

async function lookOnce({ name, alerts, limitMs, whenItFails, look }: Check, world: World): Promise<Finding[]> {
  try {
    return await within(limitMs, name, look(world));
  } catch (error) {
    if (whenItFails === 'unknown') log.warn('check_failed', { check: name, error });
    return alerts.map((alert) => ({ alert, state: whenItFails, observed: codeOf(error) }));
  }
}

export function good(alert: AlertName, observed = 'as it should be'): Finding {
  return { alert, state: 'good', observed };
}

export function bad(alert: AlertName, observed: string, isWorse = false): Finding {
  return { alert, state: 'bad', observed, isWorse };
}

export function unknown(alert: AlertName, observed: string): Finding {
  return { alert, state: 'unknown', observed };
}

/** What can be told of an error: texts of libraries may hold what is nobody's business. */
export function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return typeof code === 'string' || typeof code === 'number' ? `code ${code}` : String(name ?? 'Error');
}

/** Once more when it fails: a lost packet is no outage. Each try has its own limit. */
export async function tryTwice<T>(limitMs: number, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await within(limitMs, what, work());
  } catch {
    return await within(limitMs, what, work());
  }
}
