import { PLACES, type Place } from '../sandboxFaults/faultList.ts';

/** One request as it came in, without its headers: the key is not kept. */
export interface Recorded {
  /** Counts from 1 since the process began. */
  number: number;
  place: Place;
  method: string;
  path: string;
  query: Record<string, string>;
  /** Parsed JSON; null when there was none, or more than 64 KiB. */
  body: unknown;
  /** Names of the faults that struck. */
  faults: string[];
  /** Milliseconds since the epoch, by the sandbox's clock. */
  at: number;
  /** When the whole answer was handed over, or the connection was gone; null until then. */
  endedAt: number | null;
  /** HTTP status of the answer; null while there is none, and when there was none at all. */
  status: number | null;
}

/** How often the provider was asked for one task. */
export interface TaskPolls {
  count: number;
  /** Most polls for it that were open at the same moment: 2 or more means that two workers asked at once. */
  mostAtOnce: number;
}

export interface Visit {
  struckBy(faults: string[]): void;
  /** Counts once, however often it is called. */
  end(status: number | null): void;
}

const REQUESTS_KEPT = 10_000;
const TASKS_KEPT = 20_000;

/** What the sandbox remembers of its visitors. In memory, and bounded: the counts begin anew with the process. */
export class Diary {
  readonly calls = Object.fromEntries(PLACES.map((place) => [place, 0])) as Record<Place, number>;
  /** Requests that came by an address which nobody may follow. */
  trapped = 0;
  #requests: Recorded[] = [];
  #last = 0;
  #polls = new Map<string, TaskPolls & { open: number }>();

  /** @param taskIds - the tasks that a poll asks for */
  begin(visit: Pick<Recorded, 'place' | 'method' | 'path' | 'query' | 'body'>, taskIds: readonly string[], now: () => number): Visit {
    this.#last += 1;
    const recorded: Recorded = { number: this.#last, ...visit, faults: [], at: now(), endedAt: null, status: null };
    this.calls[visit.place] += 1;
    this.#requests.push(recorded);
    if (this.#requests.length > REQUESTS_KEPT) this.#requests.shift();
    const polls = taskIds.map((taskId) => this.#openPoll(taskId));
    return {
      struckBy: (faults) => {
        recorded.faults = faults;
      },
      end: (status) => {
        if (recorded.endedAt !== null) return;
        Object.assign(recorded, { endedAt: now(), status });
        for (const poll of polls) poll.open -= 1;
      },
    };
  }

  /** Oldest first. @param after - only those with a greater number */
  requests(after = 0): Recorded[] {
    return this.#requests.filter(({ number }) => number > after).map((recorded) => ({ ...recorded }));
  }

  /** Of the last 20,000 tasks that were asked for, by task id. */
  polls(): Record<string, TaskPolls> {
    return Object.fromEntries([...this.#polls].map(([taskId, { count, mostAtOnce }]) => [taskId, { count, mostAtOnce }]));
  }

  /** Forgets requests, calls and polls. A request that is open ends unrecorded. */
  clear(): void {
    this.#requests = [];
    this.#polls.clear();
    this.trapped = 0;
    for (const place of PLACES) this.calls[place] = 0;
  }

  #openPoll(taskId: string) {
    const polls = this.#polls.get(taskId) ?? { count: 0, mostAtOnce: 0, open: 0 };
    this.#polls.delete(taskId); // and in again at the end: the first of the map was asked for longest ago
    this.#polls.set(taskId, polls);
    polls.count += 1;
    polls.open += 1;
    polls.mostAtOnce = Math.max(polls.mostAtOnce, polls.open);
    const [oldest] = this.#polls.keys();
    if (this.#polls.size > TASKS_KEPT && oldest !== undefined) this.#polls.delete(oldest);
    return polls;
  }
}
