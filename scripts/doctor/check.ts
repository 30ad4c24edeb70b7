/** What the doctor looks at, and how: all things side by side, each under its own time limit, and nothing is changed. */
import { within } from '#shared/runtime';
import type { Site } from './site.ts';

/** In the two languages of the service. */
export interface Words {
  en: string;
  ko: string;
}

/** The list that a check belongs to. `asked`: made only when it is named, as it takes long. */
export const LISTS = ['before', 'during', 'after', 'asked'] as const;
export type List = (typeof LISTS)[number];

export interface Check {
  name: string;
  list: List;
  /** What it looks at, in one line. */
  summary: Words;
  limitMs?: number;
  look(context: CheckContext): Finding | Promise<Finding>;
}

export interface CheckContext {
  site: Site;
  /** Only what is newer matters, where a check can tell. */
  sinceAt: Date | undefined;
  /** Takes how far it has come, for whoever waits. */
  progress(text: string): void;
}

/** `doubtful`: it works, and somebody should know. `broken`: it does not, or could not be looked at. */
export type Mark = 'sound' | 'doubtful' | 'broken';

export interface Finding {
  mark: Mark;
  /** What was seen; for people. */
  seen: string[];
  /** What to do; of everything that is not sound. */
  next?: Words;
}

export interface Examined extends Finding {
  name: string;
  list: List;
  durationMs: number;
}

/** All of them have to end within half a minute. */
const LIMIT_MS = 20_000;

/** Never rejects: what cannot be looked at is broken. */
export async function examine(check: Check, context: CheckContext): Promise<Examined> {
  const { name, list, limitMs = LIMIT_MS } = check;
  const startedMs = performance.now();
  const finding = await within(
    limitMs,
    name,
    Promise.resolve().then(() => check.look(context)),
  ).catch(unseen);
  return { name, list, durationMs: Math.round(performance.now() - startedMs), ...finding };
}

export function sound(...seen: string[]): Finding {
  return { mark: 'sound', seen };
}

export function doubtful(seen: string | string[], next: Words): Finding {
  return { mark: 'doubtful', seen: [seen].flat(), next };
}

export function broken(seen: string | string[], next: Words): Finding {
  return { mark: 'broken', seen: [seen].flat(), next };
}

/** The worst of several says how it stands; the advice is that of the first that is not well. */
export function together(findings: Finding[]): Finding {
  const worst = (['broken', 'doubtful'] as const).find((mark) => findings.some((finding) => finding.mark === mark)) ?? 'sound';
  const { next } = findings.find(({ mark }) => mark === worst) ?? {};
  return { mark: worst, seen: findings.flatMap(({ seen }) => seen), ...(worst !== 'sound' && next ? { next } : {}) };
}

function unseen(error: unknown): Finding {
  return broken(`could not be looked at: ${(error as Error).message}`, {
    en: 'Is it running, and may you read it? On Google Cloud: gcloud auth application-default login',
    ko: '실행 중인지, 읽을 권한이 있는지 확인하세요. Google Cloud: gcloud auth application-default login',
  });
}
