import { createHash } from 'node:crypto';

/**
 * The names of a bucket's objects in the order of listings, which is that of their UTF-8 bytes.
 * JavaScript compares UTF-16 units, which differs beyond the Basic Multilingual Plane.
 */
export function inListingOrder(names: Iterable<string>): string[] {
  const keyed = Array.from(names, (name) => ({ name, bytes: Buffer.from(name) }));
  keyed.sort((left, right) => Buffer.compare(left.bytes, right.bytes));
  return keyed.map(({ name }) => name);
}

/** What an object's files are called: object names may have 1,024 bytes, slashes and dots, file names may not. */
export function fileNameOf(objectName: string): string {
  return createHash('sha256').update(objectName).digest('hex');
}

const LONGEST_NAME_BYTES = 1024;

/** @see https://cloud.google.com/storage/docs/objects#naming */
export function isObjectName(name: string): boolean {
  const bytes = Buffer.byteLength(name);
  return bytes > 0 && bytes <= LONGEST_NAME_BYTES && name.isWellFormed() && !/[\r\n]/.test(name) && name !== '.' && name !== '..';
}
