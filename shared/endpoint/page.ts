import { z } from 'zod';

/** The two fields of every function that lists. */
export const pageInput = {
  limit: z.int().min(1).max(100).default(20),
  cursor: z.string().min(1).max(512).optional(),
};

/** The answer of every function that lists: a page, and where the next begins. */
export function list<Item extends z.ZodType>(item: Item) {
  return z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() });
}
