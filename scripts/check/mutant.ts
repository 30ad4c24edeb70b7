import type { JestRun } from './jestRun.ts';

/** One way to break a mechanism, and the test that must notice. */
export interface Mutant {
  /** `G1` … `G15`. */
  guarantee: string;
  /** The file that is changed, from the project's folder. */
  file: string;
  /** Stands in the file exactly once; `replace` takes its place. */
  search: string;
  replace: string;
  /** The test file that must fail then. */
  test: string;
}

/** The text with the mechanism broken. @throws when `search` does not stand in it exactly once, or nothing would change */
export function applyMutant(text: string, { file, search, replace }: Mutant): string {
  const count = text.split(search).length - 1;
  if (count !== 1) throw new Error(`stands ${count} times in ${file}, not once: ${search}`);
  if (search === replace) throw new Error(`changes nothing in ${file}: ${search}`);
  return text.replace(search, () => replace);
}

/** `noticed` is what must come out. */
export type Verdict = 'noticed' | 'survived' | 'broken';

export interface Judgement {
  verdict: Verdict;
  /** The first test that failed, or what went wrong. */
  detail: string;
}

/** A change that does not even load proves nothing about the test, and neither does a name that no longer exists. */
export function judge({ summary }: Pick<JestRun, 'summary'>): Judgement {
  if (!summary) return { verdict: 'broken', detail: 'the tests came to no end' };
  if (summary.unrunnable.length > 0) return { verdict: 'broken', detail: `cannot be loaded: ${summary.unrunnable.join(', ')}` };
  const [first] = summary.failed;
  if (!first) return { verdict: 'survived', detail: `${summary.passed} tests passed all the same` };
  const slip = summary.failed.map(({ message }) => /ReferenceError: [^\n]+ is not defined/.exec(message)?.[0]).find(Boolean);
  return slip ? { verdict: 'broken', detail: slip } : { verdict: 'noticed', detail: first.name };
}
