/**
 * What runs at every point of a numbered program (see numberAwaits.ts): it counts, and at the place that the plan names the process
 * kills or stops itself. The plan comes in the environment variable SORI_CRASH, as JSON, or by `setPlan`. What happens is written to
 * file descriptor 3, a line of JSON each, before anything else goes on.
 */
import { writeSync } from 'node:fs';

/** Of one await: its promise is not yet asked for, has been pending for a moment, has been answered. */
export type Kind = 'before' | 'during' | 'after';

export interface Hit {
  /** `<path>:<line>:<column>` of the await. */
  point: string;
  kind: Kind;
}

export interface Plan extends Partial<Hit> {
  /** `kill`: SIGKILL. `stop`: SIGSTOP, until somebody sends SIGCONT. `record`: only says every hit. */
  action: 'kill' | 'stop' | 'record';
  /** At the so many-th hit of the point and kind, or of all hits when there is no point; from 1. */
  hit?: number;
  /** How long a promise is pending when `during` comes. */
  afterMs?: number;
}

/** What a numbered program writes to file descriptor 3; a hit with the number of its turn of the event loop. `said` is the program's own. */
export type Line = { hit: Hit; turn: number } | { stopping: Hit } | { wentOn: Hit } | { said: unknown };

const AFTER_MS = 2;

let plan: Plan | undefined = process.env['SORI_CRASH'] ? JSON.parse(process.env['SORI_CRASH']) : undefined;
let hits = 0;
let turn = 0;
let isTurnOver = true;

/** From now on it is this plan, and hits are counted anew. */
export function setPlan(next: Plan | undefined): void {
  plan = next;
  hits = 0;
}

/** Tells the process that started this one. */
export function tell(line: Line): void {
  writeSync(3, `${JSON.stringify(line)}\n`);
}

export function soriBefore(point: string): void {
  reach({ point, kind: 'before' });
}

/** Only promises are watched: to ask another thenable would make it do its work twice. */
export function soriDuring<T>(point: string, awaited: T): T {
  const hit: Hit = { point, kind: 'during' };
  if (awaited instanceof Promise && isMeant(hit)) watch(awaited, hit);
  return awaited;
}

export function soriAfter<T>(point: string, answer?: T): T | undefined {
  reach({ point, kind: 'after' });
  return answer;
}

function watch(awaited: Promise<unknown>, hit: Hit): void {
  const timer = setTimeout(() => reach(hit), plan?.afterMs ?? AFTER_MS);
  timer.unref();
  const settled = () => clearTimeout(timer);
  awaited.then(settled, settled);
}

function isMeant({ point, kind }: Hit): boolean {
  return plan !== undefined && (plan.point === undefined || (plan.point === point && plan.kind === kind));
}

function reach(hit: Hit): void {
  if (!plan || !isMeant(hit)) return;
  hits += 1;
  if (plan.action === 'record') tell({ hit, turn: turnNow() });
  else if (hits === (plan.hit ?? 1)) act(plan.action, hit);
}

/** Hits of the same turn of the event loop have nothing between them that the outside could see. */
function turnNow(): number {
  if (isTurnOver) {
    turn += 1;
    isTurnOver = false;
    setImmediate(() => {
      isTurnOver = true;
    });
  }
  return turn;
}

function act(action: 'kill' | 'stop', hit: Hit): void {
  if (action === 'kill') {
    tell({ hit, turn: turnNow() });
    process.kill(process.pid, 'SIGKILL');
  } else {
    tell({ stopping: hit });
    process.kill(process.pid, 'SIGSTOP');
    tell({ wentOn: hit });
  }
}
