import { problem } from '#shared/runtime';
import type { Caller } from './caller.ts';
import { permits, type RuleName, rules, type Subject } from './rules.ts';

/** A thing that a function touches: which input field names it, how it is found, and the rule that must hold. */
export interface Need<Thing> {
  field: string;
  rule: RuleName;
  find(id: string, caller: Caller): Promise<Thing | undefined>;
  subject(thing: Thing): Subject;
  /** The field names many, each with an outcome of its own: those that may not be touched are not found, and refuse nothing. */
  isEach?: boolean;
}

export interface NeedOfEach<Thing> extends Need<Thing> {
  isEach: true;
}

export type Needs = Record<string, Need<unknown>>;
/** Of each of many: what was found, in the order of the input, or undefined. */
export type Found<N extends Needs> = {
  [Name in keyof N]: N[Name] extends NeedOfEach<infer Thing> ? (Thing | undefined)[] : N[Name] extends Need<infer Thing> ? Thing : never;
};

/** Makes `things.may(verb, field)` and `mayEach`, which definitions use. @throws when the rule table has no such row */
export function needsOf<Kind extends string, Thing>(
  kind: Kind,
  how: { find(id: string, caller: Caller): Promise<Thing | undefined>; subject(thing: Thing): Subject },
) {
  const may = (verb: VerbsOf<Kind>, field: string): Need<Thing> => {
    const rule = `${kind}.${verb}`;
    if (!isRule(rule)) throw new Error(`access/rules.ts has no row ${rule}`);
    return { field, rule, ...how };
  };
  return { may, mayEach: (verb: VerbsOf<Kind>, field: string): NeedOfEach<Thing> => ({ ...may(verb, field), isEach: true }) };
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
export async function findNeeds<N extends Needs>(needs: N, input: Record<string, unknown>, caller: Caller): Promise<Found<N>> {
  const entries = await Promise.all(
    Object.entries(needs).map(async ([name, need]) => {
      const given = input[need.field];
      if (need.isEach) return [name, await Promise.all((given as string[]).map((id) => findPermitted(need, id, caller)))] as const;
      const thing = await findPermitted(need, String(given), caller);
      if (thing === undefined) throw problem('not_found');
      return [name, thing] as const;
    }),
  );
  return Object.fromEntries(entries) as Found<N>;
}

async function findPermitted<Thing>({ rule, find, subject }: Need<Thing>, id: string, caller: Caller): Promise<Thing | undefined> {
  const thing = await find(id, caller);
  return thing !== undefined && permits(rule, caller, subject(thing)) ? thing : undefined;
}
