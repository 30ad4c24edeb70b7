/**
 * Records the shape of every query that the Firestore client sends in this test file, and fails on one that the committed indexes
 * do not serve. The client is the real one: it is only listened to.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Direction, type Indexes, indexFor, isServed, type QueryShape } from './servedByIndexes.ts';

/** The parts of Firestore's wire format that are read here. @see google.firestore.v1.StructuredQuery */
export interface StructuredQuery {
  from?: { collectionId?: string; allDescendants?: boolean }[] | null;
  where?: Filter | null;
  orderBy?: { field?: Field | null; direction?: string }[] | null;
}

interface Field {
  fieldPath?: string | null;
}

export interface Filter {
  compositeFilter?: { op?: string; filters?: Filter[] };
  fieldFilter?: { field?: Field; op?: string };
  unaryFilter?: { field?: Field; op?: string };
}

interface Request {
  structuredQuery?: StructuredQuery;
  structuredAggregationQuery?: { structuredQuery?: StructuredQuery; aggregations?: Aggregation[] };
  addTarget?: { query?: { structuredQuery?: StructuredQuery } };
}

type Aggregation = Partial<Record<'sum' | 'avg', { field?: Field }>>;

interface Client {
  requestStream(method: string, isBidirectional: boolean, request: Request, tag: string): Promise<unknown>;
}

const recorded: QueryShape[] = [];

/** From now on records what clients of this class send. `requestStream` is internal: the client's version is pinned. */
export function recordQueryShapes(Firestore: { prototype: object }): void {
  const client = Firestore.prototype as Client;
  const send = client.requestStream;
  if (typeof send !== 'function') throw new Error('The Firestore client has changed: requestStream is gone, see queryShapes.ts');
  client.requestStream = function (method, isBidirectional, request, tag) {
    recorded.push(...shapesOfRequest(request));
    return send.call(this, method, isBidirectional, request, tag);
  };
}

/** Takes what was recorded so far. @throws when a query has no index, with the entry to add */
export function expectServedByIndexes(indexes: Indexes = committedIndexes()): QueryShape[] {
  const shapes = recorded.splice(0);
  const unserved = new Set(shapes.filter((shape) => !isServed(shape, indexes)).map((shape) => JSON.stringify(indexFor(shape))));
  if (unserved.size > 0) throw new Error(`Queries that firestore.indexes.json does not serve; they need\n${[...unserved].join('\n')}`);
  return shapes;
}

function committedIndexes(): Indexes {
  return JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'firestore.indexes.json'), 'utf8')) as Indexes;
}

function shapesOfRequest({ structuredQuery, structuredAggregationQuery, addTarget }: Request): QueryShape[] {
  const query = structuredQuery ?? structuredAggregationQuery?.structuredQuery ?? addTarget?.query?.structuredQuery;
  const aggregated = (structuredAggregationQuery?.aggregations ?? []).flatMap(({ sum, avg }) => (sum ?? avg)?.field?.fieldPath ?? []);
  return query ? shapesOf(query, aggregated) : [];
}

/** One shape for each alternative of the query's `or` filters: each needs its index. */
export function shapesOf({ from, where, orderBy }: StructuredQuery, aggregated: string[] = []): QueryShape[] {
  const { collectionId = '', allDescendants = false } = from?.[0] ?? {};
  const asked = (orderBy ?? []).map(
    ({ field, direction }): Order => ({ field: field?.fieldPath ?? '', direction: directionOf(direction) }),
  );
  return alternatives(where).map((comparisons) => {
    const fieldsOf = (kind: Kind) => [...new Set(comparisons.filter((each) => each.kind === kind).map(({ field }) => field))];
    const order = completeOrder(asked, fieldsOf('equal'), [...fieldsOf('range').sort(), ...aggregated]);
    const isOrdered = (name: string) => order.some(({ field }) => field === name);
    return {
      collection: collectionId,
      isGroup: allDescendants,
      equal: [...fieldsOf('equal'), ...fieldsOf('oneOf').filter((field) => !isOrdered(field))].filter((field) => field !== NAME),
      contains: fieldsOf('contains'),
      order: order.filter(({ field }) => field !== NAME),
      nameDirection: order.at(-1)?.direction ?? 'ASCENDING',
    };
  });
}

interface Order {
  field: string;
  direction: Direction;
}

const NAME = '__name__';

/** As the server does: a range orders by its field, in the direction asked last; a field that equals one value orders nothing. */
function completeOrder(asked: Order[], equal: string[], ranges: string[]): Order[] {
  const direction = asked.at(-1)?.direction ?? 'ASCENDING';
  const added = ranges.filter((field) => !asked.some((order) => order.field === field)).map((field) => ({ field, direction }));
  const byName = asked.filter(({ field }) => field === NAME);
  return [...asked.filter(({ field }) => field !== NAME), ...added.filter(({ field }) => field !== NAME), ...byName].filter(
    ({ field }) => !equal.includes(field),
  );
}

type Kind = 'equal' | 'oneOf' | 'contains' | 'range';
type Comparison = { field: string; kind: Kind };

const KINDS: Record<string, Kind> = {
  EQUAL: 'equal',
  IS_NULL: 'equal',
  IS_NAN: 'equal',
  IN: 'oneOf',
  ARRAY_CONTAINS: 'contains',
  ARRAY_CONTAINS_ANY: 'contains',
}; // all others compare a range: <, <=, >, >=, !=, not in

/** A filter as alternatives of comparisons that hold together. */
function alternatives(filter: Filter | null | undefined): Comparison[][] {
  if (!filter) return [[]];
  const { compositeFilter, fieldFilter, unaryFilter } = filter;
  if (!compositeFilter) {
    const { field, op = '' } = fieldFilter ?? unaryFilter ?? {};
    return [[{ field: field?.fieldPath ?? '', kind: KINDS[op] ?? 'range' }]];
  }
  const parts = (compositeFilter.filters ?? []).map(alternatives);
  if (compositeFilter.op === 'OR') return parts.flat();
  return parts.reduce((left, right) => left.flatMap((one) => right.map((other) => [...one, ...other])), [[]]);
}

function directionOf(direction: string | undefined): Direction {
  return direction === 'DESCENDING' ? 'DESCENDING' : 'ASCENDING';
}
