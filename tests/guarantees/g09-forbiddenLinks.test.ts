import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { drawCover } from '#shared/images';
import { database } from '#shared/runtime';
import { readSongMedia } from '#shared/songs';
import { getGeneration } from '../../functions/songs/getGeneration.ts';
import { getPlayback } from '../../functions/songs/getPlayback.ts';
import { getSong } from '../../functions/songs/getSong.ts';
import { listGenerations } from '../../functions/songs/listGenerations.ts';
import { listSongs } from '../../functions/songs/listSongs.ts';
import type { FaultRequest } from '../../scripts/local/sandbox/index.ts';
import { dumpProject } from '../matrix/projectDump.ts';
import { dueAtOf, type Listener, newListener } from '../shared/generation/listener.ts';
import { type LoggedWorker, startLoggedWorker } from '../shared/generation/loggedWorker.ts';
import { openTrap, type Trap, watchConnections } from '../shared/music/trap.ts';
import { openStudio, type Studio } from '../support/studio.ts';

/** In every link: where it is found again, the link has got out. */
const MARK = 'X-Goog-Signature=5e7c0ffee&gift=wrapped';

let studio: Studio;
let mina: Listener;
let trap: Trap;
let worker: LoggedWorker;

beforeAll(async () => {
  [studio, trap] = await Promise.all([openStudio(), openTrap()]);
  mina = await newListener(studio);
  await (await database()).doc('settings/service').set({ providerCreditsPerDay: 1_000 });
  worker = await startLoggedWorker(studio);
});

afterEach(() => {
  studio.sandbox.faults.delete();
  expect(trap.caught()).toEqual({ connections: 0, bytes: 0 });
});

afterAll(async () => {
  await worker.close();
  await Promise.all([studio.close(), trap.close()]);
});

/** Forbidden links, by what they lead to. Every form of writing them is tried on the download alone: forbiddenLinks.test.ts of shared/music. */
const LINKS = {
  'this machine': () => `http://127.0.0.1:${trap.port}/a.mp3?${MARK}`,
  'this machine, by https and in a disguise': () => `https://[::ffff:7f00:1]:${trap.port}/a.mp3?${MARK}`,
  'a name of this machine': () => `https://localhost:${trap.port}/a.mp3?${MARK}`,
  'a neighbour on the link': () => `https://169.254.10.1/a.mp3?${MARK}`,
  'the metadata of the cloud': () => `http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token?${MARK}`,
  'our own service': () => `${studio.service.url}/getStatus?${MARK}`,
  'another port of the provider': () => studio.sandbox.url.replace(/:\d+$/, `:${trap.port}/files/a.mp3?${MARK}`),
  'a file': () => `file:///etc/passwd?${MARK}`,
};
type Target = keyof typeof LINKS;

/** What the provider can do with a link: hand it out, or lead to it from where the file was. */
const WAYS = {
  'handed out': (url: string, place: Place): FaultRequest => ({ name: place === 'audio' ? 'audioUrl' : 'coverUrl', url }),
  'redirected to': (url: string, place: Place): FaultRequest => ({ name: 'redirect', at: [place], url }),
};
type Way = keyof typeof WAYS;
type Place = 'audio' | 'cover';

/** Switches the fault on. @returns the link */
function lead(place: Place, way: Way, target: Target): string {
  const link = LINKS[target]();
  studio.sandbox.faults.add(WAYS[way](link, place));
  return link;
}

/** Asks for a song and works until nothing is due. @returns whom this process connected to, of those it may not */
async function makeSong(run: () => Promise<unknown>): Promise<{ generationId: string; forbidden: string[] }> {
  const generationId = await mina.ask();
  const watch = watchConnections();
  for (let step = 0; step < 100 && ((await dueAtOf(generationId)) ?? step === 0); step += 1) {
    await run();
    studio.clock.advance(step < 5 ? 10_000 : 15_000);
  }
  watch.stop();
  const ours = [trap.port, Number(new URL(studio.service.url).port)];
  const isForbidden = (attempt: string) => !/^(127\.0\.0\.1|::1) /.test(attempt) || ours.some((port) => attempt.endsWith(` ${port}`));
  return { generationId, forbidden: watch.attempts.filter(isForbidden) };
}

/** Everything that the owner can be told of the request, as text. */
async function toldTo({ token }: Listener, generationId: string): Promise<string> {
  const { call } = studio.service;
  const { songs } = await mina.generation(generationId);
  const answers = await Promise.all([
    call(getGeneration, { generationId }, { token }),
    call(listGenerations, {}, { token }),
    call(listSongs, { scope: 'mine' }, { token }),
    ...songs.map(({ songId }) => call(getSong, { songId }, { token })),
    ...songs.map(({ songId }) => call(getPlayback, { songId }, { token })),
  ]);
  return answers.map(({ text, headers }) => `${text}${JSON.stringify([...headers])}`).join('\n');
}

async function expectNothingOfTheLink(generationId: string, link: string): Promise<void> {
  const known = [await toldTo(mina, generationId), JSON.stringify(await dumpProject()), worker.logs()].join('\n');
  const { pathname } = new URL(link);
  for (const part of [link, '5e7c0ffee', 'gift=wrapped', pathname]) expect(known).not.toContain(part);
}

describe('G9: a link of the provider’s that leads into our own networks', () => {
  it.each<[Way, Target]>([
    ['handed out', 'this machine'],
    ['handed out', 'this machine, by https and in a disguise'],
    ['handed out', 'a neighbour on the link'],
    ['handed out', 'the metadata of the cloud'],
    ['handed out', 'our own service'],
    ['handed out', 'a file'],
    ['redirected to', 'a name of this machine'],
    ['redirected to', 'the metadata of the cloud'],
    ['redirected to', 'our own service'],
    ['redirected to', 'another port of the provider'],
  ])('costs the song whose sound is there, the credit is back, and nobody is connected to: %s %s', async (way, target) => {
    const link = lead('audio', way, target);
    const { generationId, forbidden } = await makeSong(studio.runWorker);

    expect(forbidden).toEqual([]);
    const { songs, ...generation } = await mina.generation(generationId);
    const failure = { code: 'provider_bad_audio', detail: 'What the music provider delivered could not be played.' };
    expect(generation).toMatchObject({ state: 'failed', failure, credits: { reserved: 1, settled: 0, released: 1 } });
    expect(songs.map(({ state, failure: own }) => [state, own])).toEqual([
      ['failed', failure],
      ['failed', failure],
    ]);
    await expectNothingOfTheLink(generationId, link);
  });

  it.each<[Way, Target]>([
    ['handed out', 'the metadata of the cloud'],
    ['handed out', 'a name of this machine'],
    ['redirected to', 'this machine'],
  ])('costs only the picture when the cover is there, and one is drawn: %s %s', async (way, target) => {
    const link = lead('cover', way, target);
    const { generationId, forbidden } = await makeSong(studio.runWorker);

    expect(forbidden).toEqual([]);
    const songs = await mina.songs(generationId);
    expect(songs.map(({ state, hasCover }) => [state, hasCover])).toEqual([
      ['ready', true],
      ['ready', true],
    ]);
    const { request } = await mina.generation(generationId);
    for (const { songId } of songs) {
      const drawn = await drawCover({ seed: songId, title: request.prompt });
      expect((await readSongMedia(songId))?.cover?.sha256).toBe(createHash('sha256').update(drawn).digest('hex'));
    }
    await expectNothingOfTheLink(generationId, link);
  });

  it.each<[Place, Way, string]>([
    ['audio', 'handed out', 'song_not_archived'],
    ['cover', 'redirected to', 'cover_not_archived'],
  ])('stands in no line of the log, which does say that it was refused: of %s, %s', async (place, way, code) => {
    const link = lead(place, way, 'a name of this machine');
    const before = worker.logs().length;
    const { generationId } = await makeSong(worker.run);
    const lines = worker.logs().slice(before);
    expect(lines).toContain(`"code":"${code}"`);
    expect(lines).toContain('download: forbidden_address');
    await expectNothingOfTheLink(generationId, link);
  });
});
