import { isDeepStrictEqual } from 'node:util';

/** Whether all that is wanted is there; Google adds fields of its own, such as times and etags. */
export function holds(found: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted))
    return Array.isArray(found) && wanted.length === found.length && wanted.every((item, at) => holds(found[at], item));
  if (typeof wanted !== 'object' || wanted === null) return isDeepStrictEqual(found, wanted);
  const fields: Record<string, unknown> = typeof found === 'object' && found !== null ? { ...found } : {};
  return Object.entries(wanted).every(([name, value]) => holds(fields[name], value));
}
