/** Who asks for what: reads of public songs, some more popular than others, and writes among them. */
import { Firestore } from '@google-cloud/firestore';
import jwt, { type JwtPayload } from 'jsonwebtoken';
import { type Clock, systemClock } from '#shared/runtime';
import { tapFirestore } from '../firestoreTap.ts';
import { call, type Person } from '../listeners.ts';

const WRITES_SHARE = 0.15;

export interface Workload {
  name: string;
  perSecond: number;
  forS: number;
  isSignedIn: boolean;
}

/** Time stands still but for the workload; whoever sleeps does so for real. */
export class SimulatedClock implements Clock {
  #passedMs = 0;
  readonly #startedAtMs = Date.now();
  now = (): number => this.#startedAtMs + this.#passedMs;
  monotonicMs = (): number => this.#passedMs;
  sleep = systemClock.sleep;
  advance(ms: number): void {
    this.#passedMs += ms;
  }
}

/** The person's token as it would be by now: whoever uses an app refreshes it. In the form of the Auth emulator, which signs nothing. */
function tokenNow({ token }: Person, clock: Clock): string {
  const nowS = Math.floor(clock.now() / 1000);
  return jwt.sign({ ...(jwt.decode(token) as JwtPayload), iat: nowS, auth_time: nowS, exp: nowS + 3600 }, '', { algorithm: 'none' });
}

interface Scene {
  url: string;
  people: Person[];
  clock: SimulatedClock;
  chance: () => number;
  songIds: string[];
}

interface Counted {
  reads: number;
  hits: number;
  documents: number;
  faults: number;
}

/** Calls one after the other, the time of the functions moved on between them. */
export async function play({ perSecond, forS, isSignedIn }: Workload, scene: Scene): Promise<Counted> {
  const { clock, chance, url } = scene;
  const [owner, ...listeners] = scene.people as [Person, ...Person[]];
  const counted = { reads: 0, hits: 0, documents: 0, faults: 0 };
  let asked = 0;
  const onRead = ({ path }: { path: string | undefined }) => {
    if (isOfSongs(path)) asked += 1;
  };
  const end = tapFirestore(Firestore, { onRead, onCommit: () => undefined });
  try {
    for (let second = 0; second < forS; second += 1 / perSecond) {
      const isWrite = chance() < WRITES_SHARE;
      const listener = listeners[Math.floor(chance() * listeners.length)]!;
      const [name, request] = isWrite ? writeBy(owner, listener, scene) : readBy(isSignedIn ? listener : undefined, scene);
      asked = 0;
      const answer = await call(url, name, { address: addressFrom(chance), ...request });
      await answer.arrayBuffer();
      if (!answer.ok) counted.faults += 1;
      if (!isWrite) {
        counted.reads += 1;
        counted.hits += asked === 0 ? 1 : 0;
        counted.documents += asked;
      }
      clock.advance(1000 / perSecond);
    }
    return counted;
  } finally {
    end();
  }
}

/** A query that finds nothing has no path, and is one of songs here. */
function isOfSongs(path: string | undefined): boolean {
  return path === undefined || /^(songs|songMedia)\//.test(path);
}

type Call = [name: string, request: { token?: string; body?: object }];

function readBy(listener: Person | undefined, scene: Scene): Call {
  const { chance } = scene;
  const token = listener ? { token: tokenNow(listener, scene.clock) } : {};
  const kind = chance() * 3;
  if (kind < 1) return [`getSong?songId=${popularSong(scene)}`, token];
  if (kind < 2) return [`getPlayback?songId=${popularSong(scene)}`, token];
  return [`listSongs?scope=public&sort=${chance() < 0.5 ? 'newest' : 'popular'}`, token];
}

/** Mostly likes; now and then a playlist, or a new name for a song. */
function writeBy(owner: Person, listener: Person, scene: Scene): Call {
  const kind = scene.chance();
  const token = tokenNow(listener, scene.clock);
  if (kind < 0.6) return ['likeSong', { token, body: { songId: popularSong(scene), liked: scene.chance() < 0.8 } }];
  if (kind < 0.95) return ['createPlaylist', { token, body: { title: 'For the evening', songIds: [popularSong(scene)] } }];
  return [
    'updateSong',
    { token: tokenNow(owner, scene.clock), body: { songId: popularSong(scene), title: `Renamed ${Math.floor(scene.chance() * 1000)}` } },
  ];
}

/** Zipf with exponent 1.0: the second is asked for half as often as the first. */
function popularSong({ chance, songIds }: Pick<Scene, 'chance' | 'songIds'>): string {
  const weights = songIds.map((_songId, place) => 1 / (place + 1));
  let left = chance() * weights.reduce((sum, weight) => sum + weight, 0);
  const place = weights.findIndex((weight) => {
    left -= weight;
    return left <= 0;
  });
  return songIds[Math.max(0, place)]!;
}

function addressFrom(chance: () => number): string {
  return ['10', ...Array.from({ length: 3 }, () => Math.floor(chance() * 256))].join('.');
}

/** The same numbers for the same seed. @see en.wikipedia.org/wiki/Linear_congruential_generator */
export function chanceFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}
