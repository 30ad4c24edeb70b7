/** Every function × everybody × everything that it can touch. */
import type { Endpoint } from '#shared/endpoint';
import type { People, TestCaller } from '../support/callers.ts';
import { fromSomewhere } from '../support/fromSomewhere.ts';
import type { Answer, Service } from '../support/service.ts';
import { type Expected, expectedStatuses, type Touched } from './expectedStatuses.ts';
import { givenInput, variantsFor } from './givenInput.ts';

export interface Cell {
  endpoint: Endpoint;
  caller: TestCaller;
  touched: Touched | undefined;
  expected: Expected;
}

export interface Outcome extends Cell {
  answer: Answer;
}

/** @param people - the things are those of the owner among them */
export function cellsOf(endpoint: Endpoint, outsiders: TestCaller[], people: People): Cell[] {
  const variants = variantsFor(endpoint);
  const things: (Touched | undefined)[] = [...variants, 'missing' as const, 'misspelt' as const].map((variant) => ({
    variant,
    owner: people.owner.uid,
  }));
  const touchable = variants.length > 0 ? things : [undefined];
  return [...outsiders, ...Object.values(people)].flatMap((caller) =>
    touchable.map((touched) => ({ endpoint, caller, touched, expected: expectedStatuses(endpoint, caller, touched) })),
  );
}

/** Makes everything of `owner` that the function can touch, once. @returns the id of what a cell touches */
export async function thingsFor(endpoint: Endpoint, { owner }: People): Promise<(touched: Touched | undefined) => string> {
  const variants = variantsFor(endpoint);
  const ids = new Map(await Promise.all(variants.map(async (variant) => [variant, await variant.make(owner.uid)] as const)));
  const some = ids.values().next().value ?? '';
  return (touched) => {
    if (touched?.variant === 'missing') return `${some.slice(0, -8)}00000000`;
    if (touched?.variant === 'misspelt') return `${some}/../x`;
    return touched ? ids.get(touched.variant as never)! : '';
  };
}

/** What a cell is to be called with. Preparing it may make accounts. */
export function inputFor(service: Service, { endpoint, touched }: Cell, idOf: (touched: Touched | undefined) => string) {
  return givenInput(service, endpoint, idOf(touched));
}

export async function callCell(service: Service, cell: Cell, input: Record<string, unknown>): Promise<Outcome> {
  const { endpoint, caller } = cell;
  const token = await caller.tokenFor(endpoint.name);
  return { ...cell, answer: await service.call(endpoint, input, { token, headers: fromSomewhere() }) };
}

/** What was answered otherwise than expected, in words. */
export function surprises(outcomes: Outcome[]): string[] {
  return outcomes
    .filter(({ expected, answer }) => !expected.statuses.includes(answer.status))
    .map(
      (outcome) =>
        `${describe(outcome)} got ${outcome.answer.status}, not ${outcome.expected.statuses.join(' or ')}: ${outcome.answer.text}`,
    );
}

function describe({ endpoint, caller, touched }: Cell): string {
  const thing = touched && (typeof touched.variant === 'string' ? `what is ${touched.variant}` : `the owner’s ${touched.variant.name}`);
  return `${caller.name} calling ${endpoint.name}${thing ? ` for ${thing}` : ''}`;
}

const OF_ONE_REQUEST = ['x-request-id', 'date', 'ratelimit'];

/** All forms in which one caller was told that there is nothing: of missing and forbidden things there may be one alone. */
export function facesOfNothing(outcomes: Outcome[]): Map<string, Set<string>> {
  const absent = outcomes.filter(({ expected }) => expected.statuses[0] === 404);
  const byCaller = Map.groupBy(absent, ({ caller }) => caller.name);
  return new Map([...byCaller].map(([name, same]) => [name, new Set(same.map(({ answer }) => faceOf(answer)))]));
}

function faceOf({ text, headers, problem }: Answer): string {
  const kept = [...headers].filter(([name]) => !OF_ONE_REQUEST.includes(name));
  return JSON.stringify([kept, text.replace(problem?.requestId ?? '', '')]);
}

/** Function × caller → the statuses seen. */
export function tableOf(outcomes: Outcome[]): string {
  const callers = [...new Set(outcomes.map(({ caller }) => caller.name))];
  const rows = [...Map.groupBy(outcomes, ({ endpoint }) => endpoint.name)].map(([name, own]) => {
    const seen = callers.map((caller) => [...new Set(own.filter((one) => one.caller.name === caller).map(({ answer }) => answer.status))]);
    return `${name.padEnd(20)}${seen.map((statuses) => statuses.sort().join(' ').padEnd(14)).join('')}`;
  });
  const legend = callers.map((caller) => caller.slice(0, 13).padEnd(14)).join('');
  return [`${''.padEnd(20)}${legend}`, ...rows].map((line) => line.trimEnd()).join('\n');
}
