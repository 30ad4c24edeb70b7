import { createHash } from 'node:crypto';
import { z } from 'zod';
import { problem } from './errors.ts';

const Position = z
  .array(z.union([z.string(), z.number()]))
  .min(1)
  .max(4);

/**
 * Where a page ended, in a form that tells clients nothing and works only for the list it came from.
 *
 * @param scope - the list with all of its filters; a cursor of another one is refused
 */
export function encodeCursor(scope: string, position: (string | number)[]): string {
  return Buffer.from(JSON.stringify([mark(scope), position])).toString('base64url');
}

/** @throws `invalid_input` */
export function decodeCursor(scope: string, cursor: string): (string | number)[] {
  const parsed = z.tuple([z.literal(mark(scope)), Position]).safeParse(readJson(cursor));
  if (!parsed.success) throw problem('invalid_input', { issues: [{ path: 'cursor', message: 'is not a cursor of this list' }] });
  return parsed.data[1];
}

function mark(scope: string): string {
  return createHash('sha256').update(scope).digest('base64url').slice(0, 8);
}

function readJson(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}
