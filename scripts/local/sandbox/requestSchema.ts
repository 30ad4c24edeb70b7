import { z } from 'zod';

interface ModelFacts {
  /** Characters; the reference says "words" (D), characters are the stricter reading (I). */
  lyricsLimit: number;
  /** Characters, from client code (C): 200 up to v4.0, 1000 from v4.5 on (I). */
  styleLimit: number;
  /** Price of one call, that is of two songs (D). */
  credits: number;
}

/** Models and what the reference and clients say of them. */
export const MODELS: Record<string, ModelFacts> = {
  'v3.0': { lyricsLimit: 1000, styleLimit: 200, credits: 2 },
  'v3.5': { lyricsLimit: 3000, styleLimit: 200, credits: 2 },
  'v4.0': { lyricsLimit: 3000, styleLimit: 200, credits: 2 },
  'v4.5': { lyricsLimit: 5000, styleLimit: 1000, credits: 3 },
  'v4.5-plus': { lyricsLimit: 5000, styleLimit: 1000, credits: 3 },
  'v5.0': { lyricsLimit: 5000, styleLimit: 1000, credits: 3 }, // credits and limits not stated: taken from v4.5 (I)
};

const TITLE_LIMIT = 80; // a client's cap (C)

/** `POST /v3/music/generate`. Unknown fields pass (I: a vendor skill sends one). */
export const GenerateBody = z.looseObject({
  action: z.enum(['auto', 'custom']),
  style: z.string().nullable().default(''),
  mv: z.enum(Object.keys(MODELS)).default('v4.5'), // the default is not stated (I)
  instrumental: z.union([z.literal(0), z.literal(1)]).default(0),
  gender: z.enum(['male', 'female', '']).default(''),
  title: z.string().nullable().default(''),
  lyrics: z.string().nullable().default(''),
});
export type GenerateBody = z.output<typeof GenerateBody>;

/** `POST /v1/lyrics`. */
export const LyricsBody = z.looseObject({ prompt: z.string().min(1) });

/** What the service would answer in `status:400000`, or undefined when the fields are within their limits. */
export function overLimit(body: GenerateBody): string | undefined {
  const facts = MODELS[body.mv]!;
  const isSung = body.action === 'custom' && body.instrumental === 0;
  if (lengthOf(body.style) > facts.styleLimit) return `Invalid request parameter: style exceeds ${facts.styleLimit}`;
  if (isSung && lengthOf(body.lyrics) > facts.lyricsLimit) return `Invalid request parameter: lyrics exceeds ${facts.lyricsLimit}`;
  if (isSung && lengthOf(body.lyrics) === 0) return 'Invalid request parameter: lyrics is required'; // (I)
  if (lengthOf(body.title) > TITLE_LIMIT) return `Invalid request parameter: title exceeds ${TITLE_LIMIT}`;
  return undefined;
}

/** Code points: how far the service counts otherwise is not known (I). */
function lengthOf(value: string | null): number {
  return [...(value ?? '')].length;
}

/** A refused body in the form of the service's web framework (D, C). */
export function details(error: z.ZodError): { detail: { loc: (string | number)[]; msg: string; type: string }[] } {
  return {
    detail: error.issues.map((issue) => ({
      loc: ['body', ...issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))],
      msg: issue.message,
      type: issue.code,
    })),
  };
}
