/**
 * Which queries Firestore answers with given indexes. The emulator answers all of them, and so hides an index that is missing.
 *
 * A field has an index of its own in either direction, and one for array members, unless an override takes them away. Queries that only
 * compare for equality are answered by merging those. Once there is an order too, each index used must end with exactly that order,
 * and all of them together must begin with the compared fields. An index is not read backwards.
 *
 * @see https://firebase.google.com/docs/firestore/query-data/index-overview
 */

export type Direction = 'ASCENDING' | 'DESCENDING';

/** What of a query decides about its index: no values. */
export interface QueryShape {
  collection: string;
  /** Over all collections of that name. */
  isGroup: boolean;
  /** Fields compared with one value or with a list of values. */
  equal: string[];
  /** Fields searched for a member. */
  contains: string[];
  /** Order of the answer: asked for, or brought by a range. Without the document's name. */
  order: { field: string; direction: Direction }[];
  /** Order of documents that are equal in all else. */
  nameDirection: Direction;
}

interface IndexField {
  fieldPath: string;
  order?: Direction;
  arrayConfig?: 'CONTAINS';
}

/** `firestore.indexes.json`. */
export interface Indexes {
  indexes: { collectionGroup: string; queryScope: string; fields: IndexField[] }[];
  fieldOverrides?: {
    collectionGroup: string;
    fieldPath: string;
    indexes: { order?: Direction; arrayConfig?: 'CONTAINS'; queryScope?: string }[];
  }[];
}

export function isServed(shape: QueryShape, indexes: Indexes): boolean {
  const compared = [...shape.equal, ...shape.contains];
  if (compared.length === 0 && shape.order.length === 0 && shape.nameDirection === 'ASCENDING') return true;
  const beginnings = [...composites(shape, indexes), ...ownIndexes(shape, indexes)].flatMap((fields) => beginningOf(fields, shape) ?? []);
  const covered = new Set(beginnings.flat());
  return beginnings.length > 0 && compared.every((field) => covered.has(field));
}

/** The compared fields that an index begins with, in a list; `undefined` when it does not end with the order that is asked for. */
function beginningOf(index: IndexField[], { equal, contains, order, nameDirection }: QueryShape): [string[]] | undefined {
  const named = index.at(-1)?.fieldPath === '__name__' ? index.at(-1)?.order : undefined;
  const fields = named ? index.slice(0, -1) : index;
  if ((named ?? fields.at(-1)?.order ?? 'ASCENDING') !== nameDirection) return undefined;
  const beginning = fields.slice(0, fields.length - order.length);
  const ending = fields.slice(beginning.length);
  const isOrdered = ending.length === order.length && ending.every((field, at) => isSame(field, order[at]!));
  const isCompared = beginning.every(({ fieldPath, arrayConfig }) => (arrayConfig ? contains : equal).includes(fieldPath));
  return isOrdered && isCompared ? [beginning.map(({ fieldPath }) => fieldPath)] : undefined;
}

function isSame({ fieldPath, order }: IndexField, wanted: { field: string; direction: Direction }): boolean {
  return fieldPath === wanted.field && order === wanted.direction;
}

function composites({ collection, isGroup }: QueryShape, { indexes }: Indexes): IndexField[][] {
  return indexes
    .filter((index) => index.collectionGroup === collection && index.queryScope === scopeOf(isGroup))
    .map(({ fields }) => fields);
}

/** The indexes of single fields: made by Firestore, or what an override has instead. Over groups of collections there are only the latter. */
function ownIndexes({ collection, isGroup, equal, contains, order }: QueryShape, { fieldOverrides = [] }: Indexes): IndexField[][] {
  const fields = [...new Set([...equal, ...contains, ...order.map(({ field }) => field)])];
  return fields.flatMap((fieldPath) => {
    const override = fieldOverrides.find((each) => each.collectionGroup === collection && each.fieldPath === fieldPath);
    const own = override
      ? override.indexes.filter(({ queryScope = 'COLLECTION' }) => queryScope === scopeOf(isGroup))
      : isGroup
        ? []
        : AUTOMATIC;
    return own.map(({ order: direction, arrayConfig }) => [
      { fieldPath, ...(direction ? { order: direction } : {}), ...(arrayConfig ? { arrayConfig } : {}) },
    ]);
  });
}

const AUTOMATIC: Omit<IndexField, 'fieldPath'>[] = [{ order: 'ASCENDING' }, { order: 'DESCENDING' }, { arrayConfig: 'CONTAINS' }];

function scopeOf(isGroup: boolean): string {
  return isGroup ? 'COLLECTION_GROUP' : 'COLLECTION';
}

/** The entry of `firestore.indexes.json` that would serve a query. */
export function indexFor({ collection, isGroup, equal, contains, order, nameDirection }: QueryShape): Indexes['indexes'][number] {
  const fields: IndexField[] = [
    ...contains.map((fieldPath): IndexField => ({ fieldPath, arrayConfig: 'CONTAINS' })),
    ...equal.map((fieldPath): IndexField => ({ fieldPath, order: 'ASCENDING' })),
    ...order.map(({ field, direction }): IndexField => ({ fieldPath: field, order: direction })),
  ];
  const isImplied = (fields.at(-1)?.order ?? 'ASCENDING') === nameDirection;
  const named: IndexField[] = isImplied ? [] : [{ fieldPath: '__name__', order: nameDirection }];
  return { collectionGroup: collection, queryScope: scopeOf(isGroup), fields: [...fields, ...named] };
}
