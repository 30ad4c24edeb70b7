/**
 * The error catalogue: every answer that is not a success, with its status. Statuses of refusals stand nowhere else.
 *
 * An entry's parameters are its only dynamic part: they are typed, go out as fields of their own, and so no client has to
 * parse `detail`.
 */

/** Whose fault it is: decides the log's severity and who is told. */
export type Blame = 'caller' | 'operator' | 'provider' | 'sori';

/** `same`: repeat as it is. `later`: after `retryAfterS`, which the thrower must give. */
export type Retry = 'never' | 'same' | 'later';

export interface Entry<Params> {
  status: number;
  blame: Blame;
  retry: Retry;
  title: string;
  detail: (params: Params) => string;
}

export type None = Record<never, never>;
interface Later {
  retryAfterS: number;
}

/** One fault of an input: where, and what is wrong with it. Never holds the value. */
export interface Issue {
  path: string;
  message: string;
}

type Definition<Params> = Omit<Entry<Params>, 'blame' | 'retry'> & Partial<Entry<Params>>;

/** What an entry does not say otherwise is the caller's fault, and stays refused however often it is repeated. */
function define<Params extends object = None>(definition: Definition<Params>): Entry<Params> {
  return { blame: 'caller', retry: 'never', ...definition };
}

export const catalogue = {
  malformed_request: define<{ reason: string }>({
    status: 400,
    title: 'Malformed request',
    detail: ({ reason }) => reason,
  }),
  invalid_input: define<{ issues: Issue[] }>({
    status: 400,
    title: 'Invalid input',
    detail: ({ issues }) => `${issues.length === 1 ? 'One field is' : `${issues.length} fields are`} not valid; see issues.`,
  }),
  picture_refused: define<{ reason: string }>({
    status: 400,
    title: 'The picture cannot be used',
    detail: ({ reason }) => `What was uploaded is ${reason}.`,
  }),
  unauthenticated: define({
    status: 401,
    title: 'Sign in first',
    detail: () => 'This function needs a valid ID token in the Authorization header.',
  }),
  session_ended: define({
    status: 401,
    title: 'The session has ended',
    detail: () => 'Sign in again. If that fails too, the account is closed.',
  }),
  wrong_credentials: define({
    status: 401,
    title: 'Sign-in failed',
    detail: () => 'The e-mail or the password is wrong, or the account is closed.',
  }),
  role_required: define({
    status: 403,
    title: 'Not allowed for your role',
    detail: () => 'This function is for operators of the service.',
  }),
  not_found: define({
    status: 404,
    title: 'Not found',
    detail: () => 'There is nothing here that you may see.',
  }),
  unknown_function: define({
    status: 404,
    title: 'No such function',
    detail: () => 'getOpenApi lists every function there is.',
  }),
  method_not_allowed: define<{ allow: string }>({
    status: 405,
    title: 'Method not allowed',
    detail: ({ allow }) => `Use ${allow}.`,
  }),
  request_timeout: define({
    status: 408,
    retry: 'same',
    title: 'The request came too slowly',
    detail: () => 'The body did not arrive in time.',
  }),
  email_taken: define({
    status: 409,
    title: 'E-mail already in use',
    detail: () => 'An account with this e-mail exists. Sign in instead.',
  }),
  operator_needed: define({
    status: 409,
    title: 'Another operator is needed',
    detail: () => 'You cannot disable yourself or give up your own role, and one operator always stays. Let another one do it.',
  }),
  song_not_ready: define({
    status: 409,
    retry: 'same',
    title: 'The song is not ready',
    detail: () => 'This works only with a song that is ready.',
  }),
  generation_ended: define({
    status: 409,
    title: 'The generation has ended',
    detail: () => 'It can no longer be cancelled.',
  }),
  generation_not_failed: define({
    status: 409,
    title: 'Nothing to make again',
    detail: () => 'Only a generation that has failed or was cancelled can be retried.',
  }),
  storage_full: define<{ usedBytes: number; limitBytes: number }>({
    status: 409,
    title: 'Your storage is full',
    detail: ({ usedBytes, limitBytes }) => `It would hold more than ${limitBytes} bytes; ${usedBytes} are taken. Delete something first.`,
  }),
  upload_missing: define({
    status: 409,
    retry: 'same',
    title: 'The picture has not been uploaded',
    detail: () => 'Send its bytes to the address that startUpload gave, then finish again.',
  }),
  run_under_way: define<Later>({
    status: 409,
    retry: 'later',
    title: 'This run is under way',
    detail: ({ retryAfterS }) => `Another firing of it is at work. Try again in ${retryAfterS} s.`,
  }),
  payload_too_large: define<{ limitBytes: number }>({
    status: 413,
    title: 'Body too large',
    detail: ({ limitBytes }) => `This function takes at most ${limitBytes} bytes.`,
  }),
  unsupported_media_type: define<{ expected: string }>({
    status: 415,
    title: 'Unsupported body',
    detail: ({ expected }) => `Send ${expected}.`,
  }),
  range_not_satisfiable: define<{ bytes: number }>({
    status: 416,
    title: 'Range not satisfiable',
    detail: ({ bytes }) => `The file has ${bytes} bytes.`,
  }),
  idempotency_key_reused: define({
    status: 422,
    title: 'Idempotency-Key already used',
    detail: () => 'This key stood for another request in the last 24 hours. Use a new one.',
  }),
  rate_limited: define<Later>({
    status: 429,
    retry: 'later',
    title: 'Too many requests',
    detail: ({ retryAfterS }) => `Try again in ${retryAfterS} s.`,
  }),
  too_many_attempts: define<Later>({
    status: 429,
    retry: 'later',
    title: 'Too many attempts',
    detail: ({ retryAfterS }) => `Try again in ${retryAfterS} s.`,
  }),
  daily_songs_reached: define<Later & { limit: number; resetsAt: string }>({
    status: 429,
    retry: 'later',
    title: 'Daily song allowance reached',
    detail: ({ limit, resetsAt }) => `You can make ${limit} songs a day; the next from ${resetsAt}.`,
  }),
  daily_lyrics_reached: define<Later & { limit: number; resetsAt: string }>({
    status: 429,
    retry: 'later',
    title: 'Daily lyrics allowance reached',
    detail: ({ limit, resetsAt }) => `You can have lyrics written ${limit} times a day; the next from ${resetsAt}.`,
  }),
  internal: define({
    status: 500,
    blame: 'sori',
    retry: 'same',
    title: 'Something went wrong on our side',
    detail: () => 'We have been told. Repeat the request; quote the requestId if it stays.',
  }),
  feature_unavailable: define<Later & { feature: string; reason: keyof typeof UNAVAILABLE }>({
    status: 503,
    blame: 'operator',
    retry: 'later',
    title: 'Not available now',
    detail: ({ feature, reason }) => `${feature}: ${UNAVAILABLE[reason]}`,
  }),
};

/** Why a feature is closed. */
export type UnavailableReason = 'phase' | 'storage' | 'provider' | 'budget' | 'database';

const UNAVAILABLE: Record<UnavailableReason | 'signIn' | 'load' | 'setup', string> = {
  phase: 'not opened yet.',
  storage: 'our storage is being repaired.',
  provider: 'the music provider does not answer.',
  budget: "the service's allowance for today is used up.",
  database: 'our database does not answer.',
  signIn: "Google's sign-in service does not answer.",
  load: 'it took too long or too much memory just now.', // as the next: of a single call, though the feature is open
  setup: 'this deployment is not set up for it.',
};

export type ProblemCode = keyof typeof catalogue;
export type ProblemParams<Code extends ProblemCode> = (typeof catalogue)[Code] extends Entry<infer Params> ? Params : never;
