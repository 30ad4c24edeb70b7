import { rules } from '#shared/access';
import type { Endpoint } from './endpoint.ts';

/** @throws naming the endpoint and everything that is wrong with its definition */
export function checkDefinition(endpoint: Endpoint): void {
  const faults = faultsOf(endpoint);
  if (faults.length > 0) throw new Error(`${endpoint.name}: ${faults.join('; ')}`);
}

function faultsOf({ name, method, access, needs, rate, idempotency, input, status, schedule, resources }: Endpoint): string[] {
  const fields = Object.keys(input.shape);
  const covered = new Set(Object.values(needs).map(({ field }) => field));
  // What operators list of everybody may be narrowed to anybody's: an id that only filters touches nothing.
  const isOperatorsList = access === 'admin' && method === 'GET' && fields.includes('cursor');
  const uncovered = fields.filter((field) => /(Ids?|^uid)$/.test(field) && !covered.has(field) && !isOperatorsList);
  const checks: [fault: string, holds: boolean][] = [
    ['the name is not in camelCase', /^[a-z][a-zA-Z0-9]{2,40}$/.test(name)],
    [`no need says whose ${uncovered.join(', ')} may be used`, uncovered.length === 0],
    ['a need names a field that the input lacks', [...covered].every((field) => fields.includes(field))],
    ['a need names a rule that the table lacks', Object.values(needs).every(({ rule }) => Object.hasOwn(rules, rule))],
    ['the input takes unknown fields: use z.strictObject', input.safeParse({ [`x_${name}`]: 1 }).success === false],
    ['only a POST can be replayed', idempotency === 'none' || method === 'POST'],
    ['what creates is a POST', status === 200 || method === 'POST'],
    ['a schedule and access scheduler go together', (schedule !== undefined) === (access === 'scheduler')],
    ['only scheduled functions have no rate', (rate === 'none') === (access === 'scheduler')],
    ['the time-out is over 540 s', resources.timeoutS <= 540],
  ];
  return checks.filter(([, holds]) => !holds).map(([fault]) => fault);
}
