/** What an import tells its operator: a line for each fault, and what became of all entries. */

export type Kind = 'users' | 'songs' | 'images';

/** Where an entry stands in the description. */
export interface Place {
  kind: Kind;
  index: number;
  /** The former id, when it can be read. */
  id?: string | undefined;
}

/**
 * - `new`: brought in now
 * - `there`: brought in before, or an account that existed; left as it is
 * - `gone`: brought in before and deleted here since, or its owner was; not brought back
 * - `faulty`: not brought in, see its lines
 */
export type Outcome = 'new' | 'there' | 'gone' | 'faulty';

/** Something about one entry that its author can mend. The values themselves stay out: they may be personal. */
export class EntryFault extends Error {
  override name = 'EntryFault';
  readonly field: string;
  readonly advice: string;

  constructor(field: string, what: string, advice: string) {
    super(what);
    this.field = field;
    this.advice = advice;
  }
}

export class ImportReport {
  private readonly lines: { place: Place; text: string }[] = [];
  private readonly outcomes: { kind: Kind; outcome: Outcome }[] = [];

  fault({ kind, index, id }: Place, { field, message, advice }: EntryFault): void {
    const name = id === undefined ? '' : ` (id ${id})`;
    this.lines.push({ place: { kind, index }, text: `${kind}[${index}]${name} ${field}: ${message}. ${advice}` });
  }

  count(kind: Kind, outcome: Outcome): void {
    this.outcomes.push({ kind, outcome });
  }

  hasFaults(): boolean {
    return this.lines.length > 0;
  }

  /** In the order of the description. */
  faultLines(): string[] {
    const order: Kind[] = ['users', 'songs', 'images'];
    const compare = (left: Place, right: Place) => order.indexOf(left.kind) - order.indexOf(right.kind) || left.index - right.index;
    return this.lines.toSorted((left, right) => compare(left.place, right.place)).map(({ text }) => text);
  }

  summaryLines(isDryRun: boolean): string[] {
    const kinds: Kind[] = ['users', 'songs', 'images'];
    return kinds.map((kind) => {
      const count = (outcome: Outcome) => this.outcomes.filter((each) => each.kind === kind && each.outcome === outcome).length;
      const brought = `${count('new')} ${isDryRun ? 'to bring in' : 'brought in'}`;
      return `${kind.padEnd(6)} ${brought}, ${count('there')} there already, ${count('gone')} deleted here since, ${count('faulty')} at fault`;
    });
  }
}
