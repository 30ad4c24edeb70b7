import { Filter, Firestore, type Query } from '@google-cloud/firestore';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectServedByIndexes, recordQueryShapes, type StructuredQuery, shapesOf } from '../queries/queryShapes.ts';
import { type Indexes, isServed } from '../queries/servedByIndexes.ts';

/** Never connects: only turns queries into what would be sent. */
const db = new Firestore({ projectId: 'demo-shapes', host: 'localhost:1', ssl: false });

function shapes(query: Query) {
  const { structuredQuery } = (query as unknown as { toProto(): { structuredQuery: StructuredQuery } }).toProto();
  return shapesOf(structuredQuery);
}

function index(...fields: [path: string, kind: 'asc' | 'desc' | 'contains'][]): Indexes['indexes'][number] {
  const kinds = { asc: { order: 'ASCENDING' }, desc: { order: 'DESCENDING' }, contains: { arrayConfig: 'CONTAINS' } } as const;
  return { collectionGroup: 'songs', queryScope: 'COLLECTION', fields: fields.map(([fieldPath, kind]) => ({ fieldPath, ...kinds[kind] })) };
}

const songs = db.collection('songs');
const owned = songs.where('ownerId', '==', 'u1');
const mine = owned.orderBy('createdAt', 'desc');
const ownerAndTime = index(['ownerId', 'asc'], ['createdAt', 'desc']);
const isServedBy = (query: Query, ...indexes: Indexes['indexes']) => shapes(query).every((shape) => isServed(shape, { indexes }));

describe('without any declared index', () => {
  it.each<[string, Query]>([
    ['a whole collection', songs],
    ['one field compared', owned],
    [
      'several fields compared, and a member searched',
      owned.where('state', 'in', ['ready', 'hidden']).where('tags', 'array-contains', 'jazz'),
    ],
    ['a range', songs.where('likes', '>', 3)],
    ['a range and the same order', songs.where('likes', '>', 3).orderBy('likes', 'desc')],
    ['an order', songs.orderBy('createdAt', 'desc').limit(5)],
    ['an order, pages continued behind a document', songs.orderBy('createdAt', 'desc').orderBy('__name__', 'desc').startAfter(1, 'a')],
    ['either of two fields compared', songs.where(Filter.or(Filter.where('a', '==', 1), Filter.where('b', '==', 2)))],
    ['an order by the compared field', owned.orderBy('ownerId')],
  ])('Firestore serves %s', (_what, query) => {
    expect(isServedBy(query)).toBe(true);
  });

  it.each<[string, Query]>([
    ['one field compared and an order by another', mine],
    ['one field compared and a range of another', owned.where('likes', '>', 3)],
    ['two orders', songs.orderBy('likes', 'desc').orderBy('createdAt', 'desc')],
    ['a member searched and an order', songs.where('tags', 'array-contains', 'jazz').orderBy('createdAt')],
    ['an order, and equal ones the other way', songs.orderBy('createdAt', 'desc').orderBy('__name__', 'asc')],
    ['names backwards', songs.orderBy('__name__', 'desc')],
    ['a field of all collections of a name', db.collectionGroup('songs').where('ownerId', '==', 'u1')],
    [
      'one alternative of two',
      songs.where(Filter.or(Filter.where('a', '==', 1), Filter.and(Filter.where('a', '==', 2), Filter.where('b', '>', 2)))),
    ],
  ])('Firestore refuses %s', (_what, query) => {
    expect(isServedBy(query)).toBe(false);
  });
});

describe('a declared index', () => {
  it('serves the order it ends with, after the fields it begins with', () => {
    expect(isServedBy(mine, ownerAndTime)).toBe(true);
    expect(isServedBy(mine.orderBy('__name__', 'desc').startAfter(1, 'a'), ownerAndTime)).toBe(true);
  });

  it('is not read backwards', () => {
    expect(isServedBy(owned.orderBy('createdAt', 'asc'), ownerAndTime)).toBe(false);
  });

  it('does not serve a query that compares less, or more, than it begins with', () => {
    const threeFields = index(['ownerId', 'asc'], ['state', 'asc'], ['createdAt', 'desc']);
    expect(isServedBy(mine, threeFields)).toBe(false);
    expect(isServedBy(mine.where('state', '==', 'ready'), ownerAndTime)).toBe(false);
    expect(isServedBy(mine.where('state', '==', 'ready'), threeFields)).toBe(true);
  });

  it('serves together with another that ends alike', () => {
    const stateAndTime = index(['state', 'asc'], ['createdAt', 'desc']);
    expect(isServedBy(mine.where('state', '==', 'ready'), ownerAndTime, stateAndTime)).toBe(true);
  });

  it('of members serves a search for members, and no comparison', () => {
    const tagged = index(['tags', 'contains'], ['createdAt', 'desc']);
    expect(isServedBy(songs.where('tags', 'array-contains', 'jazz').orderBy('createdAt', 'desc'), tagged)).toBe(true);
    expect(isServedBy(songs.where('tags', '==', 'jazz').orderBy('createdAt', 'desc'), tagged)).toBe(false);
  });

  it('of another collection serves nothing here', () => {
    expect(isServedBy(mine, { ...ownerAndTime, collectionGroup: 'images' })).toBe(false);
  });
});

it('a field whose own indexes were taken away cannot be searched', () => {
  const fieldOverrides = [{ collectionGroup: 'songs', fieldPath: 'lyrics', indexes: [] }];
  const served = (field: string) => shapes(songs.where(field, '==', 'la')).map((shape) => isServed(shape, { indexes: [], fieldOverrides }));
  expect([served('lyrics'), served('title')]).toEqual([[false], [true]]);
});

describe('the recorder', () => {
  const sent: string[] = [];
  class Client {
    requestStream(method: string) {
      sent.push(method);
      return Promise.resolve('stream');
    }
  }
  beforeAll(() => recordQueryShapes(Client));
  afterAll(() => db.terminate());
  const send = (method: string, request: object) =>
    Reflect.apply(Client.prototype.requestStream, new Client(), [method, false, request, 'tag']);
  const proto = (query: Query) => (query as unknown as { toProto(): object }).toProto();

  it('lets every request through', async () => {
    await expect(send('batchGetDocuments', {})).resolves.toBe('stream');
    expect(sent).toEqual(['batchGetDocuments']);
    expect(expectServedByIndexes()).toEqual([]);
  });

  it('names the index that a query, a count or a listener lacks', async () => {
    await send('runQuery', proto(mine.where('title', '==', 'a')));
    await send('runAggregationQuery', { structuredAggregationQuery: proto(mine.where('style', '==', 'a')) });
    await send('listen', { addTarget: { query: proto(mine.where('likes', '==', 1)) } });
    const lacks = (field: string) => JSON.stringify(index(['ownerId', 'asc'], [field, 'asc'], ['createdAt', 'desc']));
    expect(() => expectServedByIndexes({ indexes: [ownerAndTime] })).toThrow(
      `Queries that firestore.indexes.json does not serve; they need\n${['title', 'style', 'likes'].map(lacks).join('\n')}`,
    );
    expect(expectServedByIndexes({ indexes: [] })).toEqual([]);
  });
});
