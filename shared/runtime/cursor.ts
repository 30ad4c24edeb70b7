import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Problem, problem } from './errors.ts';

/** Which page of a list somebody wants. */
export interface PageAsked {
  limit: number;
  /** Where the page before ended. @default the beginning */
  cursor?: string | undefined;
}

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
  if (!parsed.success) throw notOfThisList();
  return parsed.data[1];
}

/** Anybody can write a cursor: the position in it is checked like all input. @throws `invalid_input` */
export function readCursor<T>(scope: string, cursor: string, position: z.ZodType<T>): T {
  const parsed = position.safeParse(decodeCursor(scope, cursor));
  if (!parsed.success) throw notOfThisList();
  return parsed.data;
}

export function notOfThisList(): Problem {
  return problem('invalid_input', { issues: [{ path: 'cursor', message: 'is not a cursor of this list' }] });
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
