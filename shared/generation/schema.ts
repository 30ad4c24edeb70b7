import { z } from 'zod';
import { DEFAULT_MODEL, joinedStyle, MODELS, type Model } from '#shared/music';
import { idOf, text } from '#shared/runtime';
import { Lyrics, SongState, Title, Visibility } from '#shared/songs';

export const GenerationId = idOf('gen');

const models = Object.keys(MODELS) as [Model, ...Model[]];

/** What a person asks for. Texts are measured in code points after NFC, against the limits of the model; too long is refused, never cut. */
export const CreateSongInput = z
  .strictObject({
    prompt: text({ max: 200 }),
    title: Title.optional(),
    style: text({ max: 1000 }).optional(),
    lyrics: Lyrics.optional(),
    instrumental: z.boolean().default(false),
    voice: z.enum(['female', 'male', 'any']).default('any'),
    model: z.enum(models).default(DEFAULT_MODEL),
    visibility: Visibility.default('private'),
  })
  .superRefine((input, context) => {
    const { lyricsMax, styleMax } = MODELS[input.model];
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (input.lyrics !== undefined && input.instrumental) refuse('lyrics', 'an instrumental has no lyrics');
    if (input.lyrics !== undefined && [...input.lyrics].length > lyricsMax) refuse('lyrics', `has more than ${lyricsMax} characters`);
    const style = joinedStyle({ prompt: input.prompt, style: input.style ?? null });
    if ([...style].length > styleMax) refuse('style', `has, with the prompt, more than ${styleMax} characters`);
  });

/** The request as it was understood: every default filled in. */
export const GenerationRequest = z.strictObject({
  prompt: z.string(),
  title: z.string().nullable(),
  style: z.string().nullable(),
  lyrics: z.string().nullable(),
  instrumental: z.boolean(),
  voice: z.enum(['female', 'male', 'any']),
  model: z.enum(models),
  visibility: Visibility,
});
export type GenerationRequest = z.output<typeof GenerationRequest>;

export const GenerationState = z.enum(['queued', 'submitting', 'unknown', 'submitted', 'archiving', 'ready', 'failed', 'cancelled']);
export type GenerationState = z.output<typeof GenerationState>;

export const FailureCode = z.enum([
  'provider_unavailable',
  'service_budget_spent',
  'provider_outcome_unknown',
  'provider_rejected',
  'provider_refused',
  'provider_out_of_credit',
  'provider_failed',
  'provider_timeout',
  'provider_bad_audio',
  'storage_unavailable',
]);
export type FailureCode = z.output<typeof FailureCode>;

export const Failure = z.strictObject({ code: FailureCode, detail: z.string() });
export type Failure = z.output<typeof Failure>;

/** A request for a song as its owner sees it, and exactly what `generations/{generationId}` holds. */
export const Generation = z.strictObject({
  generationId: z.string(),
  ownerId: z.string(),
  retryOf: z.string().nullable(),
  state: GenerationState,
  request: GenerationRequest,
  /** Empty until the provider has accepted. */
  songs: z.array(z.strictObject({ songId: z.string(), state: SongState, failure: Failure.nullable() })),
  failure: Failure.nullable(),
  credits: z.strictObject({ reserved: z.int(), settled: z.int(), released: z.int() }),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type Generation = z.output<typeof Generation>;

/** What a person is told when a song could not be made. */
const DETAILS: Record<FailureCode, string> = {
  provider_unavailable: 'The music provider could not be reached in time. Your credit is back.',
  service_budget_spent: 'All songs that the service can make today have been asked for. Your credit is back; try again tomorrow.',
  provider_outcome_unknown: 'The music provider did not say whether it took the order, so it was not sent again. Your credit is back.',
  provider_rejected: 'The music provider did not accept the request. Change its words and try again; your credit is back.',
  provider_refused: 'The music provider does not serve us now. We have been told; your credit is back.',
  provider_out_of_credit: 'Our account with the music provider is used up. We have been told; your credit is back.',
  provider_failed: 'The music provider could not make this song.',
  provider_timeout: 'The music provider did not finish in time.',
  provider_bad_audio: 'What the music provider delivered could not be played.',
  storage_unavailable: 'The song could not be stored.',
};

/** @param said - the provider's own words, already cut and masked, when they help the person */
export function failure(code: FailureCode, said?: string | null): Failure {
  return { code, detail: said ? `${DETAILS[code]} (${said})` : DETAILS[code] };
}

const TITLE_FROM_PROMPT = 40;

/** A title for what has none: the first 40 characters of the prompt, without cutting one that is made of several code points. */
export function titleFrom({ title, prompt }: Pick<GenerationRequest, 'title' | 'prompt'>): string {
  if (title !== null) return title;
  let cut = '';
  for (const { segment } of new Intl.Segmenter().segment(prompt)) {
    if ([...cut, ...segment].length > TITLE_FROM_PROMPT) break;
    cut += segment;
  }
  return cut.trim() || [...prompt].slice(0, TITLE_FROM_PROMPT).join('');
}
