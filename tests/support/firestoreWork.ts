import { Firestore } from '@google-cloud/firestore';

/** What somebody asks of Firestore, as it is billed and as it is waited for. */
export interface FirestoreWork {
  /** Documents that came back, or that are not there; a query that finds nothing is one, and so is a sum over up to 1,000. */
  reads: number;
  writes: number;
  /** Calls of which each began after the one before had its answer. */
  roundTrips: number;
}

/** A document, and what is done with it. */
export interface Touch {
  path: string;
  isWrite: boolean;
}

interface Call {
  beganAt: number;
  endedAt: number;
}

interface Named {
  name?: string;
}

interface Answer {
  document?: Named | null;
  found?: Named | null;
  missing?: string | null;
}

interface Request {
  writes?: { update?: Named | null; delete?: string | null }[];
}

interface Emitter {
  emit(event: string, ...given: unknown[]): boolean;
}

interface Client {
  request(method: string, request: Request, ...more: unknown[]): Promise<unknown>;
  requestStream(method: string, ...more: unknown[]): Promise<Emitter>;
}

/**
 * Measures what is asked of Firestore while `work` runs, by whoever is in this process. Both methods are internal: the client's version
 * is pinned.
 *
 * @param isOwn - whether it counts. A call in which nothing counts is not waited for either
 */
export async function measureFirestoreWork<T>(
  work: () => Promise<T>,
  isOwn: (touch: Touch) => boolean = () => true,
): Promise<{ result: T; asked: FirestoreWork; callCount: number }> {
  const client = Firestore.prototype as unknown as Client;
  const { request, requestStream } = client;
  const calls: Call[] = [];
  const counted = { reads: 0, writes: 0 };
  let ticks = 0;
  client.request = async function (method, sent, ...more) {
    const beganAt = ++ticks;
    const ownWrites = (sent.writes ?? []).filter(({ update, delete: deleted }) =>
      isOwn({ path: pathOf(update?.name ?? deleted), isWrite: true }),
    );
    try {
      return await request.call(this, method, sent, ...more);
    } finally {
      counted.writes += ownWrites.length;
      if (ownWrites.length > 0 || !sent.writes?.length) calls.push({ beganAt, endedAt: ++ticks });
    }
  };
  client.requestStream = async function (method, ...more) {
    const beganAt = ++ticks;
    const stream = await requestStream.call(this, method, ...more);
    hear(stream, (paths) => {
      const own = paths.filter((path) => isOwn({ path, isWrite: false }));
      counted.reads += own.length + (paths.length === 0 ? 1 : 0);
      if (own.length > 0 || paths.length === 0) calls.push({ beganAt, endedAt: ++ticks });
    });
    return stream;
  };
  try {
    const result = await work();
    return { result, asked: { ...counted, roundTrips: longestChain(calls) }, callCount: calls.length };
  } finally {
    Object.assign(client, { request, requestStream });
  }
}

/** Hears what the stream hands to whoever reads it; a listener of its own would set it flowing before that one is there. */
function hear(stream: Emitter, onEnd: (paths: string[]) => void): void {
  const emit = stream.emit.bind(stream);
  const paths: string[] = [];
  stream.emit = (event, ...given) => {
    if (event === 'data') {
      const { document, found, missing } = given[0] as Answer;
      const name = document?.name ?? found?.name ?? missing;
      if (name) paths.push(pathOf(name));
    }
    if (event === 'end') onEnd(paths);
    return emit(event, ...given);
  };
}

function pathOf(name: string | null | undefined): string {
  return (name ?? '').replace(/^projects\/[^/]+\/databases\/[^/]+\/documents\//, '');
}

function longestChain(calls: Call[]): number {
  let chain = 0;
  let freeAt = 0;
  for (const { beganAt, endedAt } of calls.toSorted((a, b) => a.endedAt - b.endedAt)) {
    if (beganAt < freeAt) continue;
    chain += 1;
    freeAt = endedAt;
  }
  return chain;
}
