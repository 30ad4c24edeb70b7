/** An owner who changes his mind while the worker stands still in the middle of a step: what he does, by HTTP, and what is left of it in the end. */
import { setTimeout as wait } from 'node:timers/promises';
import { AggregateField } from '@google-cloud/firestore';
import jwt from 'jsonwebtoken';
import type { Generation } from '#shared/generation';
import { database } from '#shared/runtime';
import { cancelGeneration } from '../../../functions/songs/cancelGeneration.ts';
import { deleteSong } from '../../../functions/songs/deleteSong.ts';
import { getGeneration } from '../../../functions/songs/getGeneration.ts';
import { getPlayback } from '../../../functions/songs/getPlayback.ts';
import { getSong } from '../../../functions/songs/getSong.ts';
import { listGenerations } from '../../../functions/songs/listGenerations.ts';
import { listSongs } from '../../../functions/songs/listSongs.ts';
import type { Hit } from '../../crashPoints/crashPoint.ts';
import type { Lane as FullLane } from '../../crashPoints/lane.ts';
import type { NumberedWorker } from '../../crashPoints/numberedWorker.ts';
import type { Studio } from '../../support/studio.ts';
import { type Listener, measureSong } from './listener.ts';

type Lane = Pick<FullLane, 'studio' | 'listener'>;

/** One hit of a point, by its number, and in which run of the worker it was seen: the first orders the song. */
export interface Moment extends Hit {
  hit: number;
  run: number;
}

export type Change = 'cancel' | 'delete one' | 'delete both';

/** A request in the making, from the moment it was asked for. */
export interface Request {
  owner: Listener;
  generationId: string;
  acceptedBefore: number;
  chargedBefore: Charged;
}

/** Credits of the provider, of all days. */
interface Charged {
  all: number;
  lost: number;
}

/** More than any request needs. */
const MOST_RUNS = 60;
/** A stopped worker may hold a lock in the database, and the change then waits for it: so long, and the worker goes on. */
const BLOCKED_MS = 400;

export async function ask({ studio, listener }: Lane): Promise<Request> {
  const owner = await listener();
  const before = { acceptedBefore: studio.sandbox.accepted(), chargedBefore: await charged() };
  return { owner, generationId: await owner.ask(), ...before };
}

/** Lets the worker run, and moves the time to what is due next, until nothing is or `run` ends otherwise than done. */
export async function liveOn<Run extends { how: string }>({ studio: { clock } }: Lane, run: (turn: number) => Promise<Run>): Promise<Run> {
  for (let turn = 1; turn <= MOST_RUNS; turn += 1) {
    const ended = await run(turn);
    const dueAtMs = ended.how === 'done' ? await nextDueMs() : undefined;
    if (dueAtMs === undefined) return ended;
    clock.advance(Math.max(0, dueAtMs - clock.now()));
  }
  throw new Error('there is always something due');
}

/** A life in which the owner does not change his mind. @returns all that the worker comes by, in order, and what is left in the end */
export async function recordMoments(lane: Lane, worker: NumberedWorker): Promise<{ moments: Moment[]; remains: Remains }> {
  const seen: Moment[] = [];
  const counts = new Map<string, number>();
  const request = await ask(lane);
  await liveOn(lane, async (run) => {
    const from = worker.hits.length;
    const ended = await worker.run({ action: 'record' });
    for (const { point, kind } of worker.hits.slice(from)) {
      const hit = (counts.get(`${point} ${kind}`) ?? 0) + 1;
      counts.set(`${point} ${kind}`, hit);
      seen.push({ point, kind, hit, run });
    }
    return ended;
  });
  return { moments: seen, remains: await remainsOf(lane, request, []) };
}

/** A token that is good at the time of the tests' clock, which runs ahead. */
export function tokenOf({ uid }: Pick<Listener, 'uid'>, { clock, service }: Studio): string {
  const nowS = Math.floor(clock.now() / 1000);
  const { projectId } = service;
  const claims = {
    sub: uid,
    aud: projectId,
    iss: `https://securetoken.google.com/${projectId}`,
    iat: nowS,
    auth_time: nowS,
    exp: nowS + 3600,
  };
  return jwt.sign(claims, '', { algorithm: 'none' });
}

/** What the request was when its owner changed his mind, and what he was answered. */
export interface Answered {
  before: Generation;
  /** What of it was in the bucket, by kind. */
  objects: string[];
  accepted: number;
  statuses: number[];
  /** As it was answered. */
  after: Generation | undefined;
  /** It had to wait for what the worker holds: then the worker may have done his step first. */
  hasWaited: boolean;
}

/** Does it over HTTP, while another worker looks for what there is to do; then `goOn` wakes the one that stands still. */
export async function change(lane: Lane, request: Request, what: Change, goOn: () => Promise<unknown>): Promise<Answered> {
  const { studio } = lane;
  const before = await request.owner.generation(request.generationId);
  const [objects, accepted] = [await objectKinds(lane), studio.sandbox.accepted() - request.acceptedBefore];
  let hasWaited = true;
  const answering = (what === 'cancel' ? cancel(lane, request) : deleteSongs(lane, request, what === 'delete one' ? 1 : 2)).finally(() => {
    hasWaited = false;
  });
  await Promise.race([answering, wait(BLOCKED_MS)]);
  const found = { before, objects, accepted, hasWaited };
  if (!hasWaited && before.songs.length > 0) await studio.runWorker();
  await goOn();
  return { ...found, ...(await answering) };
}

type Said = Pick<Answered, 'statuses' | 'after'>;

async function cancel({ studio }: Lane, { owner, generationId }: Request): Promise<Said> {
  const { status, body } = await studio.service.call(cancelGeneration, { generationId }, { token: tokenOf(owner, studio) });
  return { statuses: [status], after: status === 200 ? body.generation : undefined };
}

async function deleteSongs({ studio }: Lane, { owner, generationId }: Request, count: number): Promise<Said> {
  const { songs } = await owner.generation(generationId);
  const statuses: number[] = [];
  for (const { songId } of songs.slice(0, count))
    statuses.push((await studio.service.call(deleteSong, { songId }, { token: tokenOf(owner, studio) })).status);
  return { statuses, after: undefined };
}

/** All that is left of a request once nothing is due, as its owner sees it and as it is stored. The lane must hold nothing else. */
export interface Remains {
  state: string;
  songs: string[];
  credits: Generation['credits'];
  ledger: string[];
  isBalanceExact: boolean;
  /** What the lists show. */
  listed: { songs: string[]; generations: string[] };
  /** Of the songs that were asked for and are no more: how each is answered. */
  gone: number[];
  /** `media`: documents of songs with bytes, and those that a song has left behind. */
  stored: { songs: number; media: { full: number; empty: number }; work: string[]; objects: string[] };
  provider: { accepted: number; charged: Charged };
}

export async function remainsOf(lane: Lane, request: Request, knownSongIds: string[]): Promise<Remains> {
  const { owner, generationId, acceptedBefore, chargedBefore } = request;
  const { call } = lane.studio.service;
  const options = { token: tokenOf(owner, lane.studio) };
  const [{ body }, mine, all, songs, ledger, isExact, now] = await Promise.all([
    call(getGeneration, { generationId }, options),
    call(listSongs, { scope: 'mine' }, options),
    call(listGenerations, { limit: 1 }, options),
    owner.songs(generationId),
    creditEvents(generationId),
    isBalanceExact(owner),
    charged(),
  ]);
  const { state, credits } = body.generation;
  const kept = body.generation.songs.map(({ songId }) => songId);
  for (const { songId } of songs.filter((song) => song.state === 'ready')) {
    const { said, found } = await measureSong(lane.studio, songId);
    if (said.sha256 !== found.sha256) throw new Error(`${songId} does not play`);
  }
  const gone = knownSongIds.filter((songId) => !kept.includes(songId));
  const asked = gone.flatMap((songId) => [call(getSong, { songId }, options), call(getPlayback, { songId }, options)]);
  return {
    state,
    songs: body.generation.songs.map((song) => song.state),
    credits,
    ledger,
    isBalanceExact: isExact,
    listed: {
      songs: mine.body.items.map((song) => song.state),
      generations: all.body.items.map((item) => `${item.generationId === generationId} ${item.state}`),
    },
    gone: [...new Set((await Promise.all(asked)).map(({ status }) => status))],
    stored: await storedOf(lane),
    provider: {
      accepted: lane.studio.sandbox.accepted() - acceptedBefore,
      charged: { all: now.all - chargedBefore.all, lost: now.lost - chargedBefore.lost },
    },
  };
}

/** One small query each: the ledger of a person who asks again and again is long. */
async function creditEvents(generationId: string): Promise<string[]> {
  const db = await database();
  const entries = await db.collection('ledger').where('generationId', '==', generationId).get();
  return entries.docs.map((entry) => String(entry.get('kind'))).sort();
}

async function isBalanceExact({ uid }: Listener): Promise<boolean> {
  const db = await database();
  const entries = db.collection('ledger').where('uid', '==', uid);
  const [quota, found] = await Promise.all([db.doc(`quotas/${uid}`).get(), entries.aggregate({ sum: AggregateField.sum('amount') }).get()]);
  return quota.get('balance') === found.data().sum;
}

async function storedOf(lane: Lane): Promise<Remains['stored']> {
  const db = await database();
  const [songs, media, work] = await Promise.all(
    ['songs', 'songMedia', 'generationWork'].map(async (name) => (await db.collection(name).get()).docs),
  );
  const full = media?.filter((document) => document.get('audio') || document.get('cover')).length ?? 0;
  return {
    songs: songs?.length ?? 0,
    media: { full, empty: (media?.length ?? 0) - full },
    work: work?.map((document) => `${document.get('kind')} ${document.get('dueAt') ? 'due' : 'done'}`) ?? [],
    objects: await objectKinds(lane),
  };
}

async function objectKinds({ studio }: Lane): Promise<string[]> {
  const kinds: string[] = [];
  for await (const { name } of studio.storage.store.list('')) kinds.push(name.split('/')[0] ?? '');
  return kinds.sort();
}

async function nextDueMs(): Promise<number | undefined> {
  const db = await database();
  const [first] = (await db.collection('generationWork').orderBy('dueAt').limit(1).select('dueAt').get()).docs;
  return first?.get('dueAt').toMillis();
}

async function charged(): Promise<Charged> {
  const db = await database();
  const days = (await db.collection('quotas').where('day', '>', '').get()).docs;
  const sum = (field: string) => days.reduce((total, day) => total + Number(day.get(field) ?? 0), 0);
  return { all: sum('providerCredits'), lost: sum('unknownCredits') };
}
