/**
 * Lives of people who ask for songs, change their minds and come back the next day, while everything that can go wrong does.
 *
 * A history is data; what happens at the same moment is up to the machine, so the same history may go differently.
 */
import fc from 'fast-check';
import { verifyLedger } from '#shared/operations';
import { database } from '#shared/runtime';
import { cancelGeneration } from '../../../functions/songs/cancelGeneration.ts';
import { createSong } from '../../../functions/songs/createSong.ts';
import { deleteSong } from '../../../functions/songs/deleteSong.ts';
import type { FaultName } from '../../../scripts/local/sandbox/index.ts';
import { alteredToken, type Person, signUpPerson } from '../../support/callers.ts';
import type { Studio } from '../../support/studio.ts';
import { mortalWorker } from './mortalWorker.ts';

type Act =
  /** Asks, with a key that he may have used before; a double click sends the same thing several times. */
  | { does: 'ask'; who: number; key: number | null; clicks: number }
  | { does: 'cancel'; which: number }
  | { does: 'delete'; which: number; song: number }
  /** An operator changes how many songs a day somebody may make. */
  | { does: 'allow'; who: number; songsPerDay: number };

type WorkerLife = { worker: 'none' | 'one' | 'two' } | { worker: 'dies'; at: number };

/** What happens at the same moment, and how much time passes then. */
export interface Round {
  acts: Act[];
  life: WorkerLife;
  /** What the provider does wrong from now on, so many times. */
  fault: { name: FaultName; times: number } | null;
  thenS: number;
}

const PEOPLE = 6;

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constant('ask' as const),
      who: fc.nat(PEOPLE - 1),
      key: fc.option(fc.nat(3), { freq: 2 }),
      clicks: fc.constantFrom(1, 1, 2, 3),
    }),
  },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('cancel' as const), which: fc.nat(50) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('delete' as const), which: fc.nat(50), song: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('allow' as const), who: fc.nat(PEOPLE - 1), songsPerDay: fc.nat(6) }) },
);

const life: fc.Arbitrary<WorkerLife> = fc.oneof(
  fc.record({ worker: fc.constantFrom('none' as const, 'one' as const, 'one' as const, 'two' as const) }),
  fc.record({ worker: fc.constant('dies' as const), at: fc.integer({ min: 1, max: 60 }) }),
);

const FAULTS: FaultName[] = [
  ...(['failA', 'failB', 'failBoth', 'neverFinishes', 'audioNoise', 'audio404'] as const),
  ...(['status429', 'keyRefused401', 'outOfCredit', 'invalidParameter'] as const),
  ...(['acceptedThenCut', 'acceptedThen500', 'noIds', 'cut'] as const),
];

export const rounds: fc.Arbitrary<Round[]> = fc.array(
  fc.record({
    acts: fc.array(act, { maxLength: 12, size: 'max' }),
    life,
    fault: fc.option(fc.record({ name: fc.constantFrom(...FAULTS), times: fc.integer({ min: 1, max: 2 }) }), { freq: 2 }),
    thenS: fc.constantFrom(0, 3, 3, 15, 61, 61, 9 * 3600, 26 * 3600),
  }),
  { minLength: 4, maxLength: 6, size: 'max' },
);

/** One that no run leaves out: every way in which a credit can end, a worker that dies, an order that is lost, and the next day. */
export const fullHistory: Round[] = [
  { acts: [0, 1, 2, 3, 4].map((who) => asking(who)), life: { worker: 'none' }, fault: { name: 'failBoth', times: 1 }, thenS: 0 },
  { acts: [{ does: 'cancel', which: 0 }, asking(5, 3)], life: { worker: 'none' }, fault: null, thenS: 0 },
  { acts: [], life: { worker: 'two' }, fault: null, thenS: 3 },
  { acts: [1, 2].map((which) => ({ does: 'cancel', which })), life: { worker: 'one' }, fault: null, thenS: 15 },
  { acts: [asking(0), asking(1)], life: { worker: 'dies', at: 25 }, fault: { name: 'acceptedThenCut', times: 1 }, thenS: 61 },
  { acts: [{ does: 'allow', who: 1, songsPerDay: 2 }], life: { worker: 'one' }, fault: null, thenS: 26 * 3600 },
  { acts: [asking(0), asking(1), { does: 'delete', which: 3, song: 0 }], life: { worker: 'one' }, fault: null, thenS: 3 },
];

function asking(who: number, clicks = 1): Act {
  return { does: 'ask', who, key: clicks > 1 ? 0 : null, clicks };
}

/** What people know of what they have done. */
export interface Lived {
  startedAt: Date;
  people: Person[];
  /** Requests that were accepted, by whom. */
  requests: { generationId: string; who: number }[];
  /** What a key has been answered with. */
  keyed: Map<string, Set<string>>;
  /** Requests of which somebody has deleted a song. */
  trimmed: Set<string>;
  /** Answers that are none of those that may come. */
  surprises: string[];
}

export async function live(studio: Studio, history: Round[]): Promise<Lived> {
  const people = await Promise.all(Array.from({ length: PEOPLE }, () => signUpPerson(studio.service)));
  // Accounts are as old as the real time says; sessions of before that are none.
  studio.clock.advance(Math.max(0, Date.now() + 2_000 - studio.clock.now()));
  const startedAt = new Date(studio.clock.now());
  const lived: Lived = { startedAt, people, requests: [], keyed: new Map(), trimmed: new Set(), surprises: [] };
  for (const round of history) {
    if (round.fault) studio.sandbox.faults.add(round.fault);
    const looking = verifyLedger({ sinceAt: startedAt });
    await Promise.all([...round.acts.map((each) => perform(studio, lived, each)), work(studio, round.life)]);
    const { discrepancies } = await looking;
    lived.surprises.push(...discrepancies.map((each) => `a false alarm: ${JSON.stringify(each)}`));
    studio.clock.advance(round.thenS * 1000);
  }
  studio.sandbox.faults.delete();
  await finishAll(studio);
  return lived;
}

async function work(studio: Studio, { worker, ...how }: WorkerLife): Promise<void> {
  if (worker === 'one' || worker === 'two') {
    await Promise.all(Array.from({ length: worker === 'two' ? 2 : 1 }, () => studio.runWorker()));
  } else if ('at' in how) {
    const { worker: dying, died } = mortalWorker(studio, how.at);
    await Promise.race([studio.runWorker(dying).catch(() => undefined), died]);
  }
}

async function perform(studio: Studio, lived: Lived, asked: Act): Promise<void> {
  switch (asked.does) {
    case 'ask':
      await Promise.all(Array.from({ length: asked.clicks }, () => ask(studio, lived, asked)));
      break;
    case 'cancel':
      await cancel(studio, lived, asked.which);
      break;
    case 'delete':
      await remove(studio, lived, asked);
      break;
    case 'allow':
      await (await database()).doc(`quotas/${personOf(lived, asked.who).uid}`).set({ songsPerDay: asked.songsPerDay }, { merge: true });
  }
}

async function ask(studio: Studio, lived: Lived, { who, key }: { who: number; key: number | null }): Promise<void> {
  const headers: Record<string, string> = key === null ? {} : { 'idempotency-key': `key-${key}` };
  const options = { token: tokenOf(studio, personOf(lived, who)), headers };
  const { status, body, problem } = await studio.service.call(createSong, { prompt: 'a calm song about paper boats' }, options);
  if (status !== 202) {
    if (!['daily_songs_reached', 'feature_unavailable'].includes(problem?.code ?? ''))
      lived.surprises.push(`createSong: ${status} ${problem?.code}`);
    return;
  }
  const { generationId } = body.generation;
  if (!lived.requests.some((each) => each.generationId === generationId)) lived.requests.push({ generationId, who });
  const name = `${who} ${key}`;
  if (key !== null) lived.keyed.set(name, (lived.keyed.get(name) ?? new Set()).add(generationId));
}

async function cancel(studio: Studio, lived: Lived, which: number): Promise<void> {
  const request = lived.requests[which % lived.requests.length];
  if (!request) return;
  const { generationId, who } = request;
  const { status, problem } = await studio.service.call(
    cancelGeneration,
    { generationId },
    { token: tokenOf(studio, personOf(lived, who)) },
  );
  if (status !== 200 && problem?.code !== 'generation_ended') lived.surprises.push(`cancelGeneration: ${status} ${problem?.code}`);
}

async function remove(studio: Studio, lived: Lived, { which, song }: { which: number; song: number }): Promise<void> {
  const request = lived.requests[which % lived.requests.length];
  const work = request && (await (await database()).doc(`generationWork/${request.generationId}`).get());
  const songs = (work?.get('songs') ?? []) as { songId: string }[];
  const songId = songs[song]?.songId;
  if (!request || !songId) return;
  lived.trimmed.add(request.generationId);
  const { status, problem } = await studio.service.call(deleteSong, { songId }, { token: tokenOf(studio, personOf(lived, request.who)) });
  if (status !== 200) lived.surprises.push(`deleteSong: ${status} ${problem?.code}`);
}

/** Until nothing is to be done any more, in hours of the worker's time. */
async function finishAll({ clock, runWorker }: Studio): Promise<void> {
  const db = await database();
  for (let passes = 0; passes < 500; passes += 1) {
    const [next] = (await db.collection('generationWork').orderBy('dueAt').limit(1).get()).docs;
    if (!next) return;
    const dueInMs = (next.get('dueAt') as { toMillis(): number }).toMillis() - clock.now();
    clock.advance(Math.max(dueInMs, LONG_STEP_MS));
    await runWorker();
  }
  throw new Error('the worker comes to no end');
}

const LONG_STEP_MS = 60_000;

function personOf({ people }: Lived, who: number): Person {
  return people[who]!;
}

/** Tokens live an hour, and days pass here. */
function tokenOf({ clock }: Studio, person: Person): string {
  const nowS = Math.floor(clock.now() / 1000);
  return alteredToken(person, { iat: nowS, auth_time: nowS, exp: nowS + 3600 });
}
