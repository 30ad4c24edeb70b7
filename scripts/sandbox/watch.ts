import { setTimeout as sleep } from 'node:timers/promises';
import { type Call, type Door, NoSandbox } from './door.ts';

const LOOK_EVERY_MS = 300;

/**
 * Follows the calls that come from now on, one line each when it has ended; one that hangs is told when it begins to, too.
 *
 * @param isOver - aborted by Ctrl-C; @param say - takes a line
 */
export async function watch(door: Door, isOver: AbortSignal, say: (line: string) => void): Promise<void> {
  const seen = new Seen((await door.callsAfter(0)).at(-1)?.number ?? 0);
  say(`Calls to ${door.url}, as they come. Ctrl-C ends this.`);
  while (!isOver.aborted) {
    for (const call of await lookAgain(door, seen.before)) {
      const line = seen.tell(call);
      if (line !== undefined) say(line);
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal: isOver }).catch(() => undefined);
  }
}

async function lookAgain(door: Door, after: number): Promise<Call[]> {
  try {
    return await door.callsAfter(after);
  } catch (error) {
    throw error instanceof NoSandbox ? new NoSandbox('The local cloud has stopped.') : error;
  }
}

/** What has been told already. */
class Seen {
  #told: number;
  /** Calls without an end that were told to hang. */
  #open = new Set<number>();

  constructor(last: number) {
    this.#told = last;
  }

  /** Calls up to this number have ended and are told. */
  get before(): number {
    return Math.min(this.#told, ...[...this.#open].map((number) => number - 1));
  }

  tell(call: Call): string | undefined {
    const isNew = call.number > this.#told;
    const isOpen = call.endedAt === null;
    if (!isNew && (isOpen || !this.#open.has(call.number))) return undefined;
    this.#told = Math.max(this.#told, call.number);
    if (isOpen) this.#open.add(call.number);
    else this.#open.delete(call.number);
    return lineOf(call);
  }
}

function lineOf({ place, at, endedAt, status, faults, ...call }: Call): string {
  const time = new Date(endedAt ?? at).toTimeString().slice(0, 8);
  const tookS = ((endedAt ?? at) - at) / 1000;
  const end = endedAt === null ? '… no answer yet' : `${status ?? 'no answer'}${tookS >= 0.1 ? `, ${tookS.toFixed(1)} s` : ''}`;
  const struck = faults.length > 0 ? `   ← ${[...new Set(faults)].join(', ')}` : '';
  return `${time}  ${place.padEnd(8)}  ${subjectOf({ place, ...call }).padEnd(30)}  ${end}${struck}`;
}

function subjectOf({ place, path, query, body }: Pick<Call, 'place' | 'path' | 'query' | 'body'>): string {
  if (place === 'tasks') return query['ids'] ?? '';
  if (place !== 'generate') return path;
  const { action = '?', mv = '?' } = (body ?? {}) as { action?: string; mv?: string };
  return `${action} ${mv}`;
}
