import { z } from 'zod';
import type { BucketDirectory } from '../objectStore/bucketDirectory.ts';
import { refuse } from '../objectStore/gcsError.ts';
import { objectResource } from './resources.ts';

const LARGEST_PAGE = 1000;

const Options = z.object({
  prefix: z.string().default(''),
  delimiter: z.string().optional(),
  maxResults: z.coerce.number().int().min(1).default(LARGEST_PAGE),
  pageToken: z.string().optional(),
  startOffset: z.string().default(''),
  endOffset: z.string().optional(),
  includeTrailingDelimiter: z.stringbool().default(false),
});

type Options = z.output<typeof Options>;

/**
 * A page of a bucket's objects in the order of their names.
 *
 * With a delimiter, names that go on behind one after the prefix are gathered: what stands before is a "prefix",
 * which counts as one result. The page token is the last result of the page before.
 */
export function listObjects(directory: BucketDirectory, query: URLSearchParams, origin: string): object {
  const parsed = Options.safeParse(Object.fromEntries([...query].filter(([, value]) => value !== '')));
  if (!parsed.success) throw refuse.invalid(`Invalid value for ${String(parsed.error.issues[0]?.path[0])}`);
  const options = parsed.data;
  const { items, prefixes, lastOfPage } = page(directory.names(), options);
  return {
    kind: 'storage#objects',
    ...(lastOfPage === undefined ? {} : { nextPageToken: Buffer.from(lastOfPage).toString('base64url') }),
    ...(prefixes.length > 0 ? { prefixes } : {}),
    items: items.map((name) => objectResource(directory.get(name)!, origin)),
  };
}

function page(names: string[], options: Options): { items: string[]; prefixes: string[]; lastOfPage?: string } {
  const after = options.pageToken === undefined ? undefined : Buffer.from(options.pageToken, 'base64url');
  const items: string[] = [];
  const prefixes: string[] = [];
  let last = '';
  for (const name of names) {
    if (!isWanted(name, options)) continue;
    const prefix = commonPrefix(name, options);
    const result = prefix ?? name;
    if (after && Buffer.compare(Buffer.from(result), after) <= 0) continue;
    const isNewPrefix = prefix !== undefined && prefixes.at(-1) !== prefix;
    const isItem = prefix === undefined || (options.includeTrailingDelimiter && name === prefix);
    if (!isNewPrefix && !isItem) continue;
    if (items.length + prefixes.length >= Math.min(options.maxResults, LARGEST_PAGE)) return { items, prefixes, lastOfPage: last };
    if (isItem) items.push(name);
    if (isNewPrefix) prefixes.push(prefix);
    last = result;
  }
  return { items, prefixes };
}

function isWanted(name: string, { prefix, startOffset, endOffset }: Options): boolean {
  if (!name.startsWith(prefix)) return false;
  const bytes = Buffer.from(name);
  if (Buffer.compare(bytes, Buffer.from(startOffset)) < 0) return false;
  return endOffset === undefined || Buffer.compare(bytes, Buffer.from(endOffset)) < 0;
}

function commonPrefix(name: string, { prefix, delimiter }: Options): string | undefined {
  if (!delimiter) return undefined;
  const at = name.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : name.slice(0, at + delimiter.length);
}
