import { z } from 'zod';
import { FAULTS, type FaultDescription, type FaultName, FaultNames, FaultOptions, PLACES, type Place } from './faultList.ts';

/** A fault that is on, or that a song carries. */
export const Fault = FaultOptions.extend({
  name: FaultNames,
  /** How many requests it strikes; all until it is deleted, when left out. */
  times: z.number().int().min(1).optional(),
  /** Strikes only requests whose text has this: style, title, lyrics or an id, also of the song behind a poll or a file. */
  match: z.string().min(1).max(500).optional(),
  /** Of the places where it can strike, those where it is to. */
  at: z.array(z.enum(PLACES)).min(1).optional(),
}).strict();
export type Fault = z.output<typeof Fault>;

/** What a test or a person asks for: `POST /sandbox/faults` takes this as JSON. What would change nothing is refused. */
export const FaultRequest = Fault.superRefine(({ name, times: _times, match: _match, at, ...options }, context) => {
  const { reads = [] }: FaultDescription = FAULTS[name];
  const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  for (const place of at ?? []) {
    if (!placesOf(name).includes(place)) refuse('at', `${name} cannot strike at ${place}, only at ${placesOf(name).join(', ')}`);
  }
  for (const option of Object.keys(options) as (keyof FaultOptions)[]) {
    const read = reads.length > 0 ? `it reads ${reads.join(', ')}` : 'it reads no option of its own';
    if (options[option] !== undefined && !reads.includes(option)) refuse(option, `${name} does not read ${option}: ${read}`);
  }
});
export type FaultRequest = z.input<typeof FaultRequest>;

/** Every place where a fault can strike. */
export function placesOf(name: FaultName): Place[] {
  const { at, also = [] }: FaultDescription = FAULTS[name];
  return PLACES.filter((place) => at.includes(place) || also.includes(place));
}

/** Faults that are switched on. They live in memory: a restart switches them all off. */
export class Faults {
  #on: Fault[] = [];

  /** @throws a ZodError that names what is wrong with the request */
  add(request: unknown): Fault {
    const fault = FaultRequest.parse(request);
    this.#on.push(fault);
    return { ...fault };
  }

  /** Switches off the faults of this name, or all. */
  delete(name?: string): void {
    this.#on = name === undefined ? [] : this.#on.filter((fault) => fault.name !== name);
  }

  list(): Fault[] {
    return this.#on.map((fault) => ({ ...fault }));
  }

  /**
   * The faults that strike this request, each counted as used once.
   *
   * @param subject - the request's text and that of the songs it is about, for `match`
   */
  take(place: Place, subject: string): Struck {
    const struck = this.#on.filter((fault) => strikes(fault, place, subject));
    for (const fault of struck) if (fault.times !== undefined) fault.times -= 1;
    this.#on = this.#on.filter(({ times }) => times !== 0);
    return new Struck(struck);
  }
}

function strikes(fault: Fault, place: Place, subject: string): boolean {
  const places: readonly Place[] = fault.at ?? FAULTS[fault.name].at;
  return places.includes(place) && (fault.match === undefined || subject.includes(fault.match));
}

/** The faults of one request, asked for by name. */
export class Struck {
  readonly all: readonly Fault[];

  constructor(all: readonly Fault[]) {
    this.all = all;
  }

  find(...names: readonly FaultName[]): Fault | undefined {
    return this.all.find(({ name }) => names.includes(name));
  }

  has(...names: readonly FaultName[]): boolean {
    return this.find(...names) !== undefined;
  }
}
