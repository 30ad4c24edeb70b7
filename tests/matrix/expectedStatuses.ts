/** What a call must be answered, from the definition and the rule table alone. It never sees an answer. */
import { rules } from '#shared/access';
import type { Endpoint } from '#shared/endpoint';
import { catalogue } from '#shared/runtime';
import type { TestCaller } from '../support/callers.ts';
import type { Variant } from './givenInput.ts';

/** The thing that a call names: in some state, belonging to `owner`, or not there at all. */
export interface Touched {
  variant: Variant | 'missing' | 'misspelt';
  owner: string;
}

export interface Expected {
  isRefused: boolean;
  /** The answer must have one of these: a single one for refusals and for things that are whole. */
  statuses: number[];
}

export function expectedStatuses(endpoint: Endpoint, caller: TestCaller, touched: Touched | undefined): Expected {
  if (endpoint.name === 'answerUnknown') return { isRefused: false, statuses: [404] }; // whoever asks: there is nothing to guard
  const refusal = refusalOf(endpoint, caller, touched);
  return refusal ? { isRefused: true, statuses: [refusal] } : { isRefused: false, statuses: successes(endpoint, touched) };
}

function refusalOf(endpoint: Endpoint, caller: TestCaller, touched: Touched | undefined): number | undefined {
  if (!isLetIn(endpoint, caller)) return 401;
  if (endpoint.access === 'admin' && caller.standing !== 'admin') return 403;
  return touched && !isPermitted(endpoint, caller, touched) ? 404 : undefined;
}

function isLetIn({ access }: Endpoint, { standing }: TestCaller): boolean {
  if (standing === 'refused') return false;
  if (standing === 'cloudScheduler' || access === 'scheduler') return standing === 'cloudScheduler' && access === 'scheduler';
  return standing !== 'nobody' || access === 'public';
}

function isPermitted({ needs }: Endpoint, { standing, uid }: TestCaller, { variant, owner }: Touched): boolean {
  if (Object.values(needs).every(({ isEach }) => isEach)) return true; // each of many has an outcome of its own
  if (typeof variant === 'string') return false;
  const column = uid === owner ? 'owner' : standing === 'admin' ? 'admin' : 'others';
  const verdicts = Object.values(needs).map(({ rule }) => rules[rule][column]);
  return verdicts.every((verdict) => verdict === 'always' || (verdict === 'shared' && variant.isShared));
}

function successes({ status, errors, output }: Endpoint, touched: Touched | undefined): number[] {
  if (typeof touched?.variant !== 'object' || touched.variant.isWhole) return [status];
  const refusals = errors.map((code) => catalogue[code].status).filter((refusal) => ![401, 403, 404].includes(refusal));
  return [status, ...refusals, ...(output === 'bytes' ? [404] : [])]; // what is not whole may have no bytes
}
