import { type Clock, problem } from '#shared/runtime';
import type { Caller } from './caller.ts';
import { permits, type RuleName, rules, type Subject } from './rules.ts';

/** A thing that a function touches: which input field names it, how it is found, and the rule that must hold. */
export interface Need<Thing> {
  field: string;
  rule: RuleName;
  find(id: string, caller: Caller, clock: Clock): Promise<Thing | undefined>;
  subject(thing: Thing): Subject;
  /** The field names many, each with an outcome of its own: those that may not be touched are not found, and refuse nothing. */
  isEach?: boolean;
  /** The field names many, and the function says itself which of them it has to look at. */
  isOnDemand?: boolean;
  findMany?(ids: string[], caller: Caller): Promise<(Thing | undefined)[]>;
}

export interface NeedOfEach<Thing> extends Need<Thing> {
  isEach: true;
}

export interface NeedOnDemand<Thing> extends Need<Thing> {
  isOnDemand: true;
}

/** Finds things and checks the rule for the caller. @throws `not_found` when one is missing, or may not be touched */
export type FindAll<Thing> = (ids: string[]) => Promise<Thing[]>;

export type Needs = Record<string, Need<unknown>>;
/** Of each of many: what was found, in the order of the input, or undefined. On demand: what finds them. */
export type Found<N extends Needs> = {
  [Name in keyof N]: N[Name] extends NeedOfEach<infer Thing>
    ? (Thing | undefined)[]
    : N[Name] extends NeedOnDemand<infer Thing>
      ? FindAll<Thing>
      : N[Name] extends Need<infer Thing>
        ? Thing
        : never;
};

type How<Thing> = Pick<Need<Thing>, 'find' | 'findMany' | 'subject'>;

/** Makes `things.may(verb, field)`, `mayEach` and `mayOnDemand`, which definitions use. @throws when the rule table has no such row */
export function needsOf<Kind extends string, Thing>(kind: Kind, how: How<Thing>) {
  const may = (verb: VerbsOf<Kind>, field: string): Need<Thing> => {
    const rule = `${kind}.${verb}`;
    if (!isRule(rule)) throw new Error(`access/rules.ts has no row ${rule}`);
    return { field, rule, ...how };
  };
  return {
    may,
    mayEach: (verb: VerbsOf<Kind>, field: string): NeedOfEach<Thing> => ({ ...may(verb, field), isEach: true }),
    mayOnDemand: (verb: VerbsOf<Kind>, field: string): NeedOnDemand<Thing> => ({ ...may(verb, field), isOnDemand: true }),
  };
}

type VerbsOf<Kind extends string> = RuleName extends infer Name ? (Name extends `${Kind}.${infer Verb}` ? Verb : never) : never;

function isRule(name: string): name is RuleName {
  return Object.hasOwn(rules, name);
}

/**
 * Finds what the function needs and checks the rules, all things at once.
 *
 * @throws `not_found`, the same for what is missing and for what is not the caller's
 */
export async function findNeeds<N extends Needs>(
  needs: N,
  input: Record<string, unknown>,
  caller: Caller,
  clock: Clock,
): Promise<Found<N>> {
  const entries = await Promise.all(
    Object.entries(needs).map(async ([name, need]) => {
      const given = input[need.field];
      if (need.isOnDemand) return [name, (ids: string[]) => findAllPermitted(need, ids, { caller, clock })] as const;
      if (need.isEach)
        return [name, await Promise.all((given as string[]).map((id) => findPermitted(need, id, { caller, clock })))] as const;
      const thing = await findPermitted(need, String(given), { caller, clock });
      if (thing === undefined) throw problem('not_found');
      return [name, thing] as const;
    }),
  );
  return Object.fromEntries(entries) as Found<N>;
}

interface Asking {
  caller: Caller;
  clock: Clock;
}

async function findPermitted<Thing>(need: Need<Thing>, id: string, { caller, clock }: Asking): Promise<Thing | undefined> {
  return ifPermitted(need, await need.find(id, caller, clock), caller);
}

async function findAllPermitted<Thing>(need: Need<Thing>, ids: string[], { caller, clock }: Asking): Promise<Thing[]> {
  const things = need.findMany ? await need.findMany(ids, caller) : await Promise.all(ids.map((id) => need.find(id, caller, clock)));
  const permitted = things.map((thing) => ifPermitted(need, thing, caller));
  if (permitted.some((thing) => thing === undefined)) throw problem('not_found');
  return permitted as Thing[];
}

function ifPermitted<Thing>({ rule, subject }: Need<Thing>, thing: Thing | undefined, caller: Caller): Thing | undefined {
  return thing !== undefined && permits(rule, caller, subject(thing)) ? thing : undefined;
}
