/** Field types that every input is built from: bounded, normalised, free of what breaks headers, logs and screens. */
import { z } from 'zod';
import { type IdPrefix, idPattern } from './ids.ts';

interface Bounds {
  /** In code points after NFC. */
  min?: number;
  max: number;
  /** Line breaks and tabs are allowed; otherwise a text is one line. */
  multiline?: boolean;
}

/** Text a person wrote: NFC, no lone surrogates, no control characters, no blanks around it, length in code points. */
export function text({ min = 1, max, multiline = false }: Bounds) {
  const forbidden = multiline ? /[\p{Cc}--[\t\n\r]]/v : /\p{Cc}/u;
  return z
    .string()
    .max(max * 4, `has more than ${max} characters`) // a bound before any work is done on it
    .refine((value) => value.isWellFormed(), { error: 'is not well-formed Unicode', abort: true })
    .normalize('NFC')
    .trim()
    .refine((value) => !forbidden.test(value), 'has control characters')
    .refine((value) => [...value].length >= min, `has fewer than ${min} characters`)
    .refine((value) => [...value].length <= max, `has more than ${max} characters`)
    .meta({ minLength: min, maxLength: max });
}

/** Marks an issue that means "no such thing": an id that no id of ours can equal is answered like a missing one, with 404. */
export const NO_SUCH_ID = 'names nothing';

/** The id of a thing. What does not parse is 404, not 400: from outside both mean that there is nothing here. */
export function idOf<Prefix extends IdPrefix>(prefix: Prefix) {
  return z.string().regex(idPattern(prefix), NO_SUCH_ID).brand<Prefix>();
}
