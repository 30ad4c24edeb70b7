/**
 * What becomes of a song under each fault of the provider's, at each place where it can strike (DESIGN §7). Each is tried once:
 * g09-faults.test.ts, g09-faultsOfPolls.test.ts and g09-faultsOfFiles.test.ts hold the tests.
 */
import { FAULTS, type FaultName, type Place } from '../../../scripts/local/sandbox/index.ts';

/** How an order ends that is struck once, when it is sent. */
export type OrderEnd =
  | 'made' // both songs, sooner or later
  | 'oneSong' // only one was ever begun
  | 'queuedAgain' // it certainly did not arrive: sent again, and made
  | 'unknown' // never sent again, given up after 10 minutes
  | 'rejected' // for what is in it
  | 'refused' // our key: closes generation
  | 'outOfCredit' // closes generation
  | 'firstFails'
  | 'secondFails'
  | 'bothFail'
  | 'timesOut'; // 15 minutes after it was accepted

/** How a song ends of which every poll is struck. */
export type PollEnd = 'made' | 'firstTimesOut' | 'timesOut' | 'badAudio' | 'coverDrawn';

/** How a song ends of which every download is struck. A number: so often each sound is asked for in vain, and then the song has failed. */
export type AudioEnd = 'made' | number;
export type CoverEnd = 'kept' | 'drawn';

/** What a probe under the fault does while generation is closed. */
export type ProbeEnd = 'opens' | 'staysClosed';

/** The kind of fault that whoever asks for lyrics is told. */
export type LyricsEnd = 'written' | 'unknown' | 'rate_limited' | 'out_of_credit' | 'invalid_request' | 'refused';

export interface Ends {
  generate?: OrderEnd;
  tasks?: PollEnd;
  keyInfo?: ProbeEnd;
  lyrics?: LyricsEnd;
  audio?: AudioEnd;
  cover?: CoverEnd;
  /** A preview is never fetched: it is not the song. */
  preview?: 'notFetched';
}

/** Nobody can tell what has happened; a read is made again. */
const NO_ANSWER: Ends = { generate: 'unknown', tasks: 'timesOut', keyInfo: 'staysClosed', lyrics: 'unknown' };
const NO_FILE: Ends = { audio: 3, cover: 'drawn', preview: 'notFetched' };
const KEY_REFUSED: Ends = { generate: 'refused', tasks: 'timesOut', keyInfo: 'staysClosed', lyrics: 'refused' };
const REJECTED: Ends = { generate: 'rejected', lyrics: 'invalid_request' };
/** As the documentation does not say it, and right all the same. */
const UNDERSTOOD: Ends = { tasks: 'made' };
const DRAWN: Ends = { cover: 'drawn' };

export const FAULT_ENDS: Record<FaultName, Ends> = {
  slow: { generate: 'made', tasks: 'made', keyInfo: 'opens', lyrics: 'written', audio: 'made', cover: 'kept', preview: 'notFetched' },
  silence: { ...NO_ANSWER, ...NO_FILE },
  cut: { ...NO_ANSWER, ...NO_FILE },
  status500: { ...NO_ANSWER, ...NO_FILE },
  status503: { ...NO_ANSWER, ...NO_FILE },
  html502: { ...NO_ANSWER, ...NO_FILE },
  html200: NO_ANSWER,
  status429: { generate: 'queuedAgain', tasks: 'timesOut', keyInfo: 'staysClosed', lyrics: 'rate_limited', ...NO_FILE },
  keyRefused401: KEY_REFUSED,
  keyRefused403: KEY_REFUSED,
  keyRefusedInBody: KEY_REFUSED,
  outOfCredit: { generate: 'outOfCredit', lyrics: 'out_of_credit' },
  invalidParameter: REJECTED,
  schema422: REJECTED,
  detailWithoutStatus: REJECTED,

  acceptedThenSilence: { generate: 'unknown' },
  acceptedThenCut: { generate: 'unknown' },
  acceptedThen500: { generate: 'unknown' },
  acceptedThen502: { generate: 'unknown' },

  cutJson: NO_ANSWER,
  emptyBody: { ...NO_ANSWER, ...NO_FILE, audio: 2 },
  wrongType: { generate: 'made', tasks: 'made', keyInfo: 'opens', lyrics: 'written' },
  missingData: NO_ANSWER,
  endlessBody: { ...NO_ANSWER, ...NO_FILE },
  drip: { ...NO_ANSWER, ...NO_FILE },
  noIds: { generate: 'unknown' },
  numericIds: { generate: 'made', tasks: 'made' },
  songCount: { generate: 'oneSong' },
  bareArray: UNDERSTOOD,
  doubleEnvelope: UNDERSTOOD,
  forgetsIds: { tasks: 'timesOut' },
  forgetsFirst: { tasks: 'firstTimesOut', generate: 'oneSong' },
  otherOrder: { tasks: 'made', generate: 'made' },
  swappedIds: UNDERSTOOD,
  nullFields: UNDERSTOOD,
  absentFields: UNDERSTOOD,
  failCodeZero: UNDERSTOOD,
  failCodeEmpty: UNDERSTOOD,
  numericStrings: { tasks: 'made', keyInfo: 'opens' },
  audioUrl: { tasks: 'badAudio' },
  coverUrl: { tasks: 'coverDrawn' },
  otherLyricsName: { lyrics: 'written' },
  noLyrics: { lyrics: 'unknown' },
  wildLyrics: { lyrics: 'written' },
  keyInfoInData: { keyInfo: 'opens' },

  failA: { generate: 'firstFails' },
  failB: { generate: 'secondFails' },
  failBoth: { generate: 'bothFail' },
  neverFinishes: { generate: 'timesOut' },
  halfFinal: { generate: 'timesOut' },
  coverNever: { generate: 'made' },
  coverLate: { generate: 'made' },

  audioHtml: { audio: 2 },
  audioNoise: { audio: 2 },
  audioTruncated: { audio: 3 },
  audioHalf: { audio: 'made' }, // the third try is taken as it is
  audio404: { audio: 3 },
  labelVideoMp4: { audio: 'made' },
  noRange: { audio: 'made' },
  redirect: { ...NO_ANSWER, ...NO_FILE },
  redirectLoop: { ...NO_FILE, audio: 3 * 4 }, // each try follows three redirects
  redirectChain: { ...NO_FILE, audio: 3 * 4 },
  previewExpired: NO_FILE,
  coverHtml: DRAWN,
  coverHalf: DRAWN,
  cover404: DRAWN,
};

/** All rows of one place: the fault's name and its end. */
export function endsAt<At extends Place>(place: At): [FaultName, NonNullable<Ends[At]>][] {
  const names = Object.keys(FAULTS) as FaultName[];
  return names.flatMap((name) => {
    const end = FAULT_ENDS[name][place];
    return end === undefined ? [] : [[name, end as NonNullable<Ends[At]>]];
  });
}
