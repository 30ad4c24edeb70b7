/** One thing that the doctor looks at. */
export interface Check {
  name: string;
  /** What it looks at, in one line. */
  summary: string;
  run(context: CheckContext): Promise<Finding>;
}

export interface CheckContext {
  /** Only what is newer matters, where a check can tell. */
  sinceAt: Date | undefined;
  /** Takes how far it has come, for whoever waits. */
  progress(text: string): void;
}

export interface Finding {
  isSound: boolean;
  /** What was seen, and what to do next when it is not sound. */
  lines: string[];
}
