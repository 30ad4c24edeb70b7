/**
 * Counts what a process asks of Firestore, by listening to its client: every document that comes back is a read, every document of a
 * commit a write, as they are billed. The client is the real one and does what it always does.
 */

/** One document of an answer. `fields` is undefined when there is no such document. */
export interface Read {
  /** Below the database: `songs/sng_1`. Undefined for a query that found nothing, which is one read as well. */
  path: string | undefined;
  fields: Record<string, Value> | undefined;
  isQuery: boolean;
}

export interface Commit {
  writes: { path: string; fields: Record<string, Value> | undefined }[];
  /** gRPC's code, when it was refused. */
  failure: number | undefined;
}

export type Value = string | number | null;

export interface FirestoreListener {
  onRead(read: Read): void;
  onCommit(commit: Commit): void;
}

/** The parts of Firestore's wire format that are read here. @see google.firestore.v1 */
interface Document {
  name?: string;
  fields?: Record<string, WireValue>;
}

interface WireValue {
  stringValue?: string;
  integerValue?: string | number;
  timestampValue?: { seconds?: string | number; nanos?: number };
}

interface Answer {
  document?: Document | null;
  found?: Document | null;
  missing?: string | null;
}

interface CommitRequest {
  writes?: { update?: Document | null; delete?: string | null }[];
}

interface Emitter {
  emit(event: string, ...given: unknown[]): boolean;
}

interface Client {
  request(method: string, request: CommitRequest, ...rest: unknown[]): Promise<unknown>;
  requestStream(method: string, ...rest: unknown[]): Promise<Emitter>;
}

/**
 * From now on tells `listener` what clients of this class send and get. Both methods are internal: the client's version is pinned.
 *
 * @returns what ends it
 */
export function tapFirestore(Firestore: { prototype: object }, listener: FirestoreListener): () => void {
  const client = Firestore.prototype as Client;
  const { request, requestStream } = client;
  if (typeof request !== 'function' || typeof requestStream !== 'function') {
    throw new Error('The Firestore client has changed: request or requestStream is gone, see firestoreTap.ts');
  }
  client.request = async function (method, sent, ...rest) {
    if (method !== 'commit') return request.call(this, method, sent, ...rest);
    const writes = (sent.writes ?? []).map(({ update, delete: deleted }) => ({
      path: pathOf(update?.name ?? deleted),
      fields: update ? plainFields(update) : undefined,
    }));
    try {
      const answer = await request.call(this, method, sent, ...rest);
      listener.onCommit({ writes, failure: undefined });
      return answer;
    } catch (error) {
      listener.onCommit({ writes, failure: Number((error as { code?: unknown }).code ?? -1) });
      throw error;
    }
  };
  client.requestStream = async function (method, ...rest) {
    const stream = await requestStream.call(this, method, ...rest);
    if (method !== 'listen') listenTo(stream, method !== 'batchGetDocuments', listener);
    return stream;
  };
  return () => Object.assign(client, { request, requestStream });
}

/** Hears what the stream hands to whoever reads it; a listener of its own would set it flowing before that one is there. */
function listenTo(stream: Emitter, isQuery: boolean, { onRead }: FirestoreListener): void {
  const emit = stream.emit.bind(stream);
  let readCount = 0;
  stream.emit = (event, ...given) => {
    const { document, found, missing } = event === 'data' ? (given[0] as Answer) : {};
    const here = document ?? found;
    if (here || missing) {
      readCount += 1;
      onRead({ path: pathOf(here?.name ?? missing), fields: here ? plainFields(here) : undefined, isQuery });
    }
    if (event === 'end' && isQuery && readCount === 0) onRead({ path: undefined, fields: undefined, isQuery });
    return emit(event, ...given);
  };
}

const DATABASE = /^projects\/[^/]+\/databases\/[^/]+\/documents\//;

function pathOf(name: string | null | undefined): string {
  return (name ?? '').replace(DATABASE, '');
}

/** Texts, whole numbers and times in milliseconds; the rest is null. */
function plainFields({ fields }: Document): Record<string, Value> {
  return Object.fromEntries(Object.entries(fields ?? {}).map(([name, value]) => [name, plain(value)]));
}

function plain({ stringValue, integerValue, timestampValue }: WireValue): Value {
  if (timestampValue) return Number(timestampValue.seconds ?? 0) * 1000 + Math.floor((timestampValue.nanos ?? 0) / 1e6);
  if (integerValue !== undefined) return Number(integerValue);
  return stringValue ?? null;
}
