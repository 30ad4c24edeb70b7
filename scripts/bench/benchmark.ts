/** A number or a word that can be set on the command line, with what it means. */
export interface BenchOption {
  /** Undefined: it is said or not, and takes no value. */
  default: string | undefined;
  says: string;
}

export interface Benchmark {
  name: string;
  /** One line for `--help`. */
  summary: string;
  options: Record<string, BenchOption>;
  /** Runs it and prints its table. @returns whether all that it looks after was as it must be */
  run(given: Given): Promise<boolean>;
}

/** What was set, and the defaults for the rest. */
export interface Given {
  number(option: string): number;
  text(option: string): string;
  /** Whether an option without a value was said. */
  flag(option: string): boolean;
}
