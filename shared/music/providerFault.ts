import { type HttpAnswer, HttpFailure, mask } from '#shared/runtime';
import { cleaned } from './cleaned.ts';
import { type Envelope, envelopeOf } from './envelope.ts';

/**
 * What went wrong, by what follows from it.
 *
 * `never_left`: no byte was sent, so it may be sent again. `unknown`: it may have been accepted, so it may not.
 * `rate_limited`: not accepted, later. `out_of_credit`, `refused` (our key): not accepted, an operator must act.
 * `invalid_request`: not accepted, and never will be. `unavailable`: a read did not succeed; reads may always be repeated.
 */
export type ProviderFaultKind = 'never_left' | 'unknown' | 'rate_limited' | 'out_of_credit' | 'invalid_request' | 'refused' | 'unavailable';

interface Particulars {
  /** For operators: a status or an error code, never a text of the provider's or of ours. */
  reason: string;
  retryAfterS?: number | undefined;
  detail?: string | undefined;
}

/** A call to the provider did not succeed. Its message and stack hold no key, no prompt and nothing of a body. */
export class ProviderFault extends Error {
  override name = 'ProviderFault';
  readonly kind: ProviderFaultKind;
  /** When the provider said how long to wait. */
  readonly retryAfterS?: number;
  /** Why a request is invalid, in the provider's words, cut and masked: it may be shown to whoever asked, and is not for logs. */
  readonly detail?: string;
  /** The part of the message that tells this fault from others of its kind, such as `HTTP 502`. */
  readonly reason: string;

  constructor(kind: ProviderFaultKind, { reason, retryAfterS, detail }: Particulars) {
    super(`music provider: ${kind} (${reason})`);
    this.kind = kind;
    this.reason = reason;
    if (retryAfterS !== undefined) this.retryAfterS = retryAfterS;
    if (detail !== undefined) this.detail = detail;
  }
}

interface Exchange {
  answer: HttpAnswer;
  /** Everything that was sent, to tell our words from the provider's. */
  sent: string;
  apiKey: string;
  /** Milliseconds since the epoch. */
  now: number;
}

/** The fault that an answer tells of, or nothing when it reads like a success. What a success must hold is for the caller to check. */
export function faultOfAnswer({ answer, sent, apiKey, now }: Exchange): ProviderFault | undefined {
  const envelope = envelopeOf(answer.data);
  const kind = kindOfAnswer(answer.status, envelope, sent);
  if (!kind) return undefined;
  return new ProviderFault(kind, {
    reason: `HTTP ${answer.status}, ${envelope ? `body status ${envelope.status ?? 'missing'}` : 'no JSON'}`,
    retryAfterS: kind === 'rate_limited' ? retryAfterS(answer.headers['retry-after'], now) : undefined,
    detail: kind === 'invalid_request' && envelope?.text ? shown(envelope.text, apiKey) : undefined,
  });
}

/** The fault that there was no answer: the one thing that counts is whether the request can have reached the provider. */
export function faultOfSilence(error: unknown): ProviderFault {
  if (!(error instanceof HttpFailure)) return new ProviderFault('unknown', { reason: 'no answer' });
  return new ProviderFault(error.neverLeft ? 'never_left' : 'unknown', { reason: error.code });
}

const NO_CREDIT = 400015;
const INVALID_PARAMETER = 400000;
// The provider's own clients know these words; the last is "not enough entitlement".
const NO_CREDIT_WORDS = ['insufficient', 'quota exceeded', 'credit', 'subscription', '权益不足'];
// How a bad key is told is not documented; a user must not be told that it is his request.
const KEY_WORDS = ['api key', 'api_key', 'api-key', 'unauthorized'];

/** The order matters: what is certain goes before what is guessed, and a server at fault may have accepted all the same. */
function kindOfAnswer(httpStatus: number, envelope: Envelope | null, sent: string): ProviderFaultKind | undefined {
  if (httpStatus >= 500) return 'unknown';
  if (envelope?.status === NO_CREDIT) return 'out_of_credit';
  // HTTP 200 hides errors; those of three digits in the body mean what they mean in HTTP.
  const status = isSuccess(httpStatus) ? (envelope?.status ?? httpStatus) : httpStatus;
  if (status === 401 || status === 403) return 'refused';
  if (status === 429) return 'rate_limited';
  if (status === 422) return 'invalid_request';
  if (!envelope || isInconclusive(httpStatus) || (status >= 500 && status < 600)) return 'unknown';
  if (isSuccess(status)) return envelope.isSchemaRefusal ? 'invalid_request' : undefined;
  return kindOfWords(envelope, sent);
}

/** A redirect, or a gateway that waited in vain: neither says that the request was not taken. */
function isInconclusive(httpStatus: number): boolean {
  return (httpStatus >= 300 && httpStatus < 400) || httpStatus === 408;
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** A code that we do not know. A word of ours in it proves nothing: the provider may be quoting the request. */
function kindOfWords({ status, text }: Envelope, sent: string): ProviderFaultKind {
  if (status === INVALID_PARAMETER || text === null) return 'invalid_request';
  const said = text.toLowerCase();
  const asked = sent.toLowerCase();
  const says = (words: string[]) => words.some((word) => said.includes(word) && !asked.includes(word));
  if (says(KEY_WORDS)) return 'refused';
  return says(NO_CREDIT_WORDS) ? 'out_of_credit' : 'invalid_request';
}

const DETAIL_MAX = 200;

const LINK = /\b[a-z][a-z0-9+.-]*:\/\/\S+/gi;

/** A text of the provider's, fit to be shown: one line, cut, without links or anything that looks like a secret. */
export function shown(text: string, apiKey: string): string {
  const withoutKey = apiKey ? text.replaceAll(apiKey, '[secret]') : text;
  return cleaned(mask(withoutKey.replace(LINK, '[link]')), { max: DETAIL_MAX });
}

const RETRY_AFTER_MAX_S = 24 * 60 * 60;

/** Seconds, or a date as in `Wed, 02 Jan 2030 00:00:00 GMT`. @see RFC 9110, 10.2.3 */
function retryAfterS(header: string | undefined, now: number): number | undefined {
  const value = header?.trim() ?? '';
  const seconds = /^\d+$/.test(value) ? Number(value) : value.endsWith('GMT') ? Math.ceil((Date.parse(value) - now) / 1000) : Number.NaN;
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(seconds, 0), RETRY_AFTER_MAX_S);
}
