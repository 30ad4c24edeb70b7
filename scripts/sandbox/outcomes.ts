/** What a fault of the sandbox leads to in Sori, in the words of the tables in docs/making-a-song.md, for a person who is about to watch it. */
import { BOUNDS } from '#shared/generation';
import type { FaultName, Place } from '../local/sandboxFaults/faultList.ts';
import type { Fault } from '../local/sandboxFaults/faults.ts';

export interface Outcome {
  /** What the person sees who asked for the song. */
  user: string;
  /** What the operator sees, most of it in the functions' log. */
  operator: string;
}

const text = (ms: number) => (ms <= 60_000 ? `${ms / 1_000} seconds` : `${ms / 60_000} minutes`);
const { breaker, coverMs, downloads, makingMs, probeMs, queuedMs, submitMs, unknownMs } = BOUNDS;
const CREDIT_BACK = 'the credit comes back';
const CLOSES = `${breaker.failures} such failures within ${text(breaker.withinMs)} close generation for everyone (provider_closed)`;
const UNKNOWN = `The song is "unknown": it may have been ordered, so it is not sent again. It fails ${text(unknownMs)} after the order (provider_outcome_unknown); ${CREDIT_BACK}.`;
const BAD_AUDIO = `(provider_bad_audio); ${CREDIT_BACK} when both songs fail.`;

const OUTCOMES = {
  harmless: { user: 'Nothing: the song is made as usual.', operator: 'Nothing.' },
  later: { user: 'The song comes later by that.', operator: 'Nothing.' },
  unknown: { user: UNKNOWN, operator: `provider_submit_failed; at the end provider_order_lost. ${CLOSES}.` },
  unknownLate: {
    user: `For ${text(submitMs)} the song is "submitting". ${UNKNOWN}`,
    operator: `provider_submit_failed after ${text(submitMs)}; at the end provider_order_lost. ${CLOSES}.`,
  },
  queuedAgain: {
    user: `The song stays "queued" and is sent again, with growing pauses. After ${text(queuedMs)} it fails (provider_unavailable); ${CREDIT_BACK}.`,
    operator: 'provider_submit_failed (rate_limited), each time.',
  },
  rejected: {
    user: `The song fails at once, with the provider's reason (provider_rejected); ${CREDIT_BACK}.`,
    operator: 'provider_submit_failed (invalid_request).',
  },
  refused: {
    user: `The song fails at once (provider_refused); ${CREDIT_BACK}. Until generation opens again, other orders wait or are refused (503).`,
    operator: `provider_closed; looked at again after ${text(probeMs)}, then every so often until it opens.`,
  },
  outOfCredit: {
    user: `The song fails at once (provider_out_of_credit); ${CREDIT_BACK}. Until generation opens again, other orders wait or are refused (503).`,
    operator: `provider_closed; looked at again after ${text(probeMs)}, and opened when the balance is enough for an order.`,
  },
  otherCount: { user: 'As many songs as the answer names.', operator: 'provider_task_count.' },
  askedAgain: {
    user: `The songs stay in the making while it lasts. What is not finished ${text(makingMs)} after the order fails (provider_timeout); ${CREDIT_BACK} when both songs fail.`,
    operator: `provider_poll_failed, where there was no good answer. ${CLOSES}.`,
  },
  stays: {
    user: `The songs stay in the making, and fail ${text(makingMs)} after the order (provider_timeout); ${CREDIT_BACK}.`,
    operator: 'Nothing until then.',
  },
  oneFails: { user: 'One song fails (provider_failed), the other is ready: the credit is spent.', operator: 'Nothing.' },
  bothFail: { user: `Both songs fail within seconds (provider_failed); ${CREDIT_BACK}.`, operator: 'Nothing.' },
  badAudio: {
    user: `The song is downloaded up to ${downloads.tries} times within ${text(downloads.withinMs)}, then it fails ${BAD_AUDIO}`,
    operator: 'song_not_archived, each time.',
  },
  noAudio: { user: `The song is downloaded twice, then it fails ${BAD_AUDIO}`, operator: 'song_not_archived, twice.' },
  takenAsItIs: {
    user: `The song takes about ${text(downloads.withinMs)} longer: ${downloads.tries} downloads, and the last is taken as it is. Then it is ready.`,
    operator: 'song_not_archived, for each but the last.',
  },
  coverDrawn: {
    user: `The song is ready, with no cover at first; one is drawn ${text(coverMs)} later.`,
    operator: 'cover_not_archived, where one could not be loaded.',
  },
  probe: {
    user: 'Nothing, but while generation is closed: it stays closed.',
    operator: 'provider_probe_failed, while generation is closed.',
  },
  neverAsked: { user: 'Nothing: Sori does not make this call now.', operator: 'Nothing.' },
} satisfies Record<string, Outcome>;

export type OutcomeName = keyof typeof OUTCOMES;

/** What becomes of a song when this fault strikes at this place. */
export function outcomeOf(fault: Fault, place: Place): Outcome {
  return OUTCOMES[outcomeNameOf(fault, place)];
}

export function outcomeNameOf(fault: Fault, place: Place): OutcomeName {
  const { name } = fault;
  if (USUAL[place] === 'neverAsked') return 'neverAsked';
  const limits: Partial<Record<Place, number>> = { generate: submitMs, audio: downloads.timeoutMs };
  if (name === 'slow' && (fault.delayMs ?? 5_000) < (limits[place] ?? 10_000)) return 'later';
  if (name === 'redirectChain' && (fault.count ?? 4) <= 3) return 'harmless'; // openDownload follows three
  return EXCEPTIONS[place][name] ?? (HARMLESS.includes(name) ? 'harmless' : USUAL[place]);
}

const USUAL: Record<Place, OutcomeName> = {
  generate: 'unknown',
  tasks: 'askedAgain',
  lyrics: 'neverAsked',
  keyInfo: 'probe',
  audio: 'badAudio',
  preview: 'neverAsked',
  cover: 'coverDrawn',
};

const HARMLESS: readonly FaultName[] = [
  'wrongType',
  'numericIds',
  'numericStrings',
  'otherOrder',
  'bareArray',
  'doubleEnvelope',
  'swappedIds',
  'nullFields',
  'absentFields',
  'failCodeZero',
  'failCodeEmpty',
  'keyInfoInData',
  'labelVideoMp4',
  'noRange',
];

const EXCEPTIONS: Record<Place, Partial<Record<FaultName, OutcomeName>>> = {
  generate: {
    slow: 'unknownLate',
    silence: 'unknownLate',
    acceptedThenSilence: 'unknownLate',
    drip: 'unknownLate',
    status429: 'queuedAgain',
    keyRefused401: 'refused',
    keyRefused403: 'refused',
    keyRefusedInBody: 'refused',
    outOfCredit: 'outOfCredit',
    invalidParameter: 'rejected',
    schema422: 'rejected',
    detailWithoutStatus: 'rejected',
    songCount: 'otherCount',
    forgetsFirst: 'otherCount',
    failA: 'oneFails',
    failB: 'oneFails',
    failBoth: 'bothFail',
    neverFinishes: 'stays',
    halfFinal: 'stays',
    coverNever: 'coverDrawn',
    coverLate: 'coverDrawn',
  },
  tasks: { audioUrl: 'badAudio', coverUrl: 'coverDrawn' },
  lyrics: {},
  keyInfo: {},
  audio: { audioHtml: 'noAudio', audioNoise: 'noAudio', emptyBody: 'noAudio', audioHalf: 'takenAsItIs' },
  preview: {},
  cover: {},
};
