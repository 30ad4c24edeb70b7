/** Errors of the catalogue, to be thrown: `problem('code', params)` makes one. A cause is logged, never answered. */
import { type Blame, catalogue, type Entry, type None, type ProblemCode, type ProblemParams } from './catalogue.ts';

/** An error that a caller may be told about, as it stands in the catalogue. */
export class Problem extends Error {
  override name = 'Problem';
  readonly code: ProblemCode;
  readonly status: number;
  readonly title: string;
  readonly blame: Blame;
  readonly params: Record<string, unknown>;

  constructor(code: ProblemCode, params: object, cause?: unknown) {
    const entry = catalogue[code] as Entry<object>;
    super(entry.detail(params), cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = entry.status;
    this.title = entry.title;
    this.blame = entry.blame;
    this.params = { ...params };
  }

  /** Seconds after which a repetition makes sense, when the entry says `later`. */
  get retryAfterS(): number | undefined {
    return typeof this.params['retryAfterS'] === 'number' ? this.params['retryAfterS'] : undefined;
  }
}

type Rest<Code extends ProblemCode> = keyof ProblemParams<Code> extends never
  ? [params?: None, cause?: unknown]
  : [params: ProblemParams<Code>, cause?: unknown];

/** Makes the catalogued error to throw. `cause` is for the log only. */
export function problem<Code extends ProblemCode>(code: Code, ...[params, cause]: Rest<Code>): Problem {
  return new Problem(code, params ?? {}, cause);
}
