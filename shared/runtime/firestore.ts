/**
 * The one Firestore client of the process, loaded when first asked for: functions that never touch it start without its weight.
 *
 * Convention of all documents: fields whose name ends in `At` are Timestamps in Firestore and ISO 8601 strings in our types.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { DocumentData, FieldValue, Firestore, Query, Transaction } from '@google-cloud/firestore';
import { config } from './config.ts';

let client: Promise<Firestore> | undefined;

export function database(): Promise<Firestore> {
  const watch = watches.getStore();
  if (watch) watch.wasAsked = true;
  client ??= connect();
  return client;
}

const watches = new AsyncLocalStorage<{ wasAsked: boolean }>();

/** Runs `work`, and says whether anything in it asked for the database: what came from memory did not. */
export async function watchDatabase<T>(work: () => Promise<T>): Promise<{ value: T; wasAsked: boolean }> {
  const watch = { wasAsked: false };
  return { value: await watches.run(watch, work), wasAsked: watch.wasAsked };
}

/**
 * A connection on which nothing comes back is given up after 40 s, and its calls begin anew on another. Without, they would wait for
 * the system to notice, for a quarter of an hour.
 */
const CONNECTION = { 'grpc.keepalive_time_ms': 30_000, 'grpc.keepalive_timeout_ms': 10_000 };

async function connect(): Promise<Firestore> {
  const { Firestore } = await import('./firestoreClient.ts');
  return new Firestore({ projectId: config().GOOGLE_CLOUD_PROJECT, databaseId: '(default)', grpcOptions: CONNECTION });
}

/** Ends the connection, if there is one. The next call of `database()` opens a new one. */
export async function closeDatabase(): Promise<void> {
  const open = client;
  client = undefined;
  await (await open)?.terminate();
}

/** For a field that many add to: nobody has to read it first. */
export async function increment(by: number): Promise<FieldValue> {
  const { FieldValue } = await import('./firestoreClient.ts');
  return FieldValue.increment(by);
}

// grpc.github.io/grpc/core/md_doc_statuscodes.html: not found, already exists, failed precondition
const CONFLICTS = new Set<unknown>([5, 6, 9]);

/** Whether a write with a precondition was refused because somebody else has written, made or removed the document since. */
export function isConflict(error: unknown): boolean {
  return CONFLICTS.has((error as { code?: unknown } | null)?.code);
}

/** The sum of a field over all documents of a query, which the database adds up: a read for each 1,000 of them. */
export async function sumOf(query: Query, field: string, transaction?: Transaction): Promise<number> {
  const { AggregateField } = await import('./firestoreClient.ts');
  const asked = query.aggregate({ sum: AggregateField.sum(field) });
  return (await (transaction ? transaction.get(asked) : asked.get())).data().sum;
}

/** The same, and how many documents there are, in one look. */
export async function totalsOf(query: Query, field: string, transaction: Transaction): Promise<{ sum: number; count: number }> {
  const { AggregateField } = await import('./firestoreClient.ts');
  const asked = query.aggregate({ sum: AggregateField.sum(field), count: AggregateField.count() });
  return (await transaction.get(asked)).data();
}

/**
 * Runs `work` in a transaction: all of its writes or none, against a state that nobody changed meanwhile. It may run several times,
 * also after its writes were made: when the answer to a commit is lost, only another look tells.
 */
export async function transact<T>(work: (transaction: Transaction, db: Firestore) => Promise<T>): Promise<T> {
  const db = await database();
  const run = () => db.runTransaction((transaction) => work(transaction, db));
  try {
    return await run();
  } catch (error) {
    if (!isOver(error)) throw error;
    return run();
  }
}

/** What the emulator says to a commit that comes again. Firestore says "has expired", and its client begins anew by itself. */
function isOver(error: unknown): boolean {
  return error instanceof Error && error.message.includes('Transaction is invalid or closed');
}

/** Our form to Firestore's: ISO strings in fields that end in `At` become Dates, which the client stores as Timestamps. */
export function toDocument(value: object): DocumentData {
  return convert(value, (key, field) => (isTimeField(key) && typeof field === 'string' ? new Date(field) : field)) as DocumentData;
}

/** Firestore's form to ours: Timestamps become ISO strings. */
export function fromDocument(data: DocumentData): Record<string, unknown> {
  return convert(data, (_key, field) => (isTimestamp(field) ? field.toDate().toISOString() : field)) as Record<string, unknown>;
}

function convert(value: unknown, field: (key: string, value: unknown) => unknown, key = ''): unknown {
  const converted = field(key, value);
  if (Array.isArray(converted)) return converted.map((item) => convert(item, field));
  if (!isPlainObject(converted)) return converted;
  return Object.fromEntries(Object.entries(converted).map(([name, inner]) => [name, convert(inner, field, name)]));
}

function isTimeField(key: string): boolean {
  return key.endsWith('At');
}

function isTimestamp(value: unknown): value is { toDate(): Date } {
  return typeof value === 'object' && value !== null && 'toDate' in value;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
