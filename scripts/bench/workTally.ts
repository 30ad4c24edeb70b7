/** What a worker process does for songs, told from what it asks of Firestore. */
import type { Commit, FirestoreListener, Read, Value } from './firestoreTap.ts';

/** A document of `generationWork` was taken: somebody's lease on it begins. */
export interface Claim {
  id: string;
  /** What it was when it was found. */
  state: string;
  dueAtMs: number;
  atMs: number;
}

/** Something that happens once to a request. */
export interface Moment {
  id: string;
  /** Of the request at that moment. */
  state: string;
  atMs: number;
}

export interface Cost {
  reads: number;
  writes: number;
}

/** As it travels between processes, a second of it at a time: what is kept would look like memory that the worker needs. */
export interface WorkNews {
  /** All documents. */
  total: Cost;
  /** By collection. */
  readsFrom: Record<string, number>;
  /** By request: its own documents, and what is written together with them. */
  costs: Record<string, Cost>;
  claims: Claim[];
  /** Its owner sees the end of it: a song that plays, or a failure. */
  ended: Moment[];
  /** Nothing is left to do for it, not even a cover. */
  done: Moment[];
  commits: number;
  /** Transactions that found nothing to do. */
  emptyCommits: number;
  /** By gRPC code. 9, FAILED_PRECONDITION: a claim for which another was quicker. 10, ABORTED: two transactions met, and this one begins again. */
  failedCommits: Record<string, number>;
}

const ENDS = ['ready', 'failed', 'cancelled'];

export class WorkTally implements FirestoreListener {
  #news = noNews();
  readonly #lastRead = new Map<string, Record<string, Value>>();
  readonly #seen = new Set<string>();

  /** What has happened since this was called last. */
  take(): WorkNews {
    const news = this.#news;
    this.#news = noNews();
    return news;
  }

  onRead = ({ path, fields, isQuery }: Read): void => {
    this.#news.total.reads += 1;
    const from = path === undefined ? 'queries that found nothing' : `${path.split('/')[0]}${isQuery ? ' by query' : ''}`;
    this.#news.readsFrom[from] = (this.#news.readsFrom[from] ?? 0) + 1;
    const id = requestOf(path);
    if (id === undefined) return;
    this.#costOf(id).reads += 1;
    if (fields?.['fence'] !== undefined) this.#lastRead.set(id, fields);
  };

  onCommit = ({ writes, failure }: Commit): void => {
    const news = this.#news;
    if (failure !== undefined) {
      news.failedCommits[failure] = (news.failedCommits[failure] ?? 0) + 1;
      return;
    }
    news.commits += 1;
    if (writes.length === 0) news.emptyCommits += 1;
    news.total.writes += writes.length;
    const id = writes.map(({ path }) => requestOf(path)).find((found) => found !== undefined);
    if (id === undefined) return;
    this.#costOf(id).writes += writes.length;
    for (const { path, fields } of writes) if (fields) this.#notice(id, path, fields);
    this.#lastRead.delete(id);
  };

  #notice(id: string, path: string, fields: Record<string, Value>): void {
    const state = String(fields['state']);
    const moment = { id, state, atMs: Date.now() };
    if (path === `generations/${id}` && ENDS.includes(state)) this.#once(`ended ${id}`, () => this.#news.ended.push(moment));
    if (path !== `generationWork/${id}`) return;
    const before = this.#lastRead.get(id);
    if (before && Number(fields['fence']) === Number(before['fence']) + 1) {
      this.#news.claims.push({ ...moment, state: String(before['state']), dueAtMs: Number(before['dueAt']) });
    }
    if (fields['dueAt'] === undefined && ENDS.includes(state)) this.#once(`done ${id}`, () => this.#news.done.push(moment));
  }

  #once(what: string, happens: () => unknown): void {
    if (this.#seen.has(what)) return;
    this.#seen.add(what);
    happens();
  }

  #costOf(id: string): Cost {
    this.#news.costs[id] ??= { reads: 0, writes: 0 };
    return this.#news.costs[id];
  }
}

function noNews(): WorkNews {
  return {
    total: { reads: 0, writes: 0 },
    readsFrom: {},
    costs: {},
    claims: [],
    ended: [],
    done: [],
    commits: 0,
    emptyCommits: 0,
    failedCommits: {},
  };
}

function requestOf(path: string | undefined): string | undefined {
  return /^(?:generationWork|generations)\/(gen_\w+)$/.exec(path ?? '')?.[1];
}
