/**
 * How the provider wraps its answers, and the field types that they are read with.
 *
 * Its API may change at any time and is not always as documented, so a field that does not fit is taken as not given, and
 * what must be there is checked by whoever needs it.
 */
import { z } from 'zod';

/** A text or number as text. Not given, empty, or something else: null. */
export const word = z
  .union([z.string(), z.number()])
  .transform((value) => String(value).trim() || null)
  .catch(null);

/** A number, or one written as text: counts come both ways. Not given, empty, or something else: null. */
export const figure = z
  .union([
    z.number(),
    z
      .string()
      .trim()
      .regex(/^-?\d{1,15}(\.\d{1,9})?$/)
      .transform(Number),
  ])
  .nullable()
  .catch(null);

export interface Envelope {
  /** The provider's own status; 200 is success. HTTP's says 200 to most refusals too. */
  status: number | null;
  /** What it says about a refusal. */
  text: string | null;
  /** The answer is a list of faults of the request's fields, as schema validators write it. */
  isSchemaRefusal: boolean;
  data: unknown;
}

const FieldFault = z.object({ loc: z.array(z.union([z.string(), z.number()])).catch([]), msg: z.string() });

const Body = z.object({
  status: figure,
  message: word,
  detail: z
    .union([z.array(FieldFault).min(1), z.string().min(1)])
    .optional()
    .catch(undefined),
  data: z.unknown().optional(),
});

/** The wrapping of a JSON object, or of a list that came without one; null for anything else, such as a gateway's HTML. */
export function envelopeOf(body: unknown): Envelope | null {
  const parsed = Body.safeParse(Array.isArray(body) ? { data: body } : body);
  if (!parsed.success) return null;
  const { status, message, detail, data } = parsed.data;
  return { status, text: message ?? textOf(detail), isSchemaRefusal: status === null && detail !== undefined, data };
}

/** `loc` is where, as in `["body", "mv"]`. The value at fault is also sent, and left out here. */
function textOf(detail: z.infer<typeof FieldFault>[] | string | undefined): string | null {
  if (typeof detail !== 'object') return detail ?? null;
  return detail.map(({ loc, msg }) => `${loc.filter((part) => part !== 'body').join('.')}: ${msg}`).join('; ');
}
