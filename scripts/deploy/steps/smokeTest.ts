/** Uses the service as a person outside would: signs up, plays what is there, makes a song or is told why not, and goes again. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type Answer, expected, type Outside, outside, Status } from '../client.ts';
import { type Step, Stopped } from '../step.ts';

/** Instances read the switch anew after 10 s, and the storage is looked at every 15 s. */
const SETTLED_MS = 60_000;
const SONG_MS = 6 * 60_000;

export const smokeTest: Step = {
  name: 'smoke test',
  title: { en: 'smoke test, as a user from outside', ko: '외부 사용자로 확인' },
  plan: ({ command }) =>
    Promise.resolve([
      `signs up, plays a song that is there, ${command.phase === 1 ? 'is told that new songs come later' : 'makes a song'}, deletes the account`,
    ]),
  async run(deployment) {
    const service = outside(deployment.target.serviceUrl);
    const seen = await healthy(service, deployment.command.phase);
    seen.push(await schedulersDoor(service));
    await signUp(service);
    try {
      seen.push('signed up', await playsWhatIsThere(service));
      seen.push(deployment.command.phase === 1 ? await isHeldBack(service) : await makesSong(service));
    } finally {
      await service.post('deleteAccount', {});
    }
    return [...seen, 'account deleted'];
  },
};

async function healthy(service: Outside, phase: 1 | 2): Promise<string[]> {
  const endAt = performance.now() + SETTLED_MS;
  let answer: Answer = { status: 0, body: {} };
  do {
    answer = await service.get('getStatus');
    const read = Status.safeParse(answer.body).data;
    if (answer.status === 200 && read?.phase === phase && (phase === 1 || isOpen(read))) return [`phase ${phase} is shown`];
    await sleep(500);
  } while (performance.now() < endAt);
  const status = expected('getStatus', answer, 200, Status);
  const closed = Object.entries(status.features).flatMap(([name, { available, reason }]) => (available ? [] : [`${name} (${reason})`]));
  throw new Stopped(`getStatus shows phase ${status.phase}, closed: ${closed.join(', ') || 'nothing'}`, {
    en: 'npm run doctor says what is wrong with it; storage: npm run deploy -- --hotfix storage-key',
    ko: 'npm run doctor 로 원인을 확인하세요',
  });
}

function isOpen({ features }: Status): boolean {
  return features['generation']?.available === true && features['uploads']?.available === true;
}

/** Nobody but the Scheduler gets in: Google's front end refuses first (403), the function itself would as well (401). */
async function schedulersDoor(service: Outside): Promise<string> {
  const { status } = await service.post('watchService', {});
  if (status === 401 || status === 403) return 'scheduled functions refuse strangers';
  throw new Stopped(`watchService answered a stranger with ${status}`, {
    en: 'it must not be publicly invokable: Cloud Run, permissions of the service',
    ko: '공개 호출이 가능하면 안 됩니다',
  });
}

async function signUp(service: Outside): Promise<void> {
  const id = randomBytes(8).toString('hex');
  const wish = { email: `smoke-${id}@sori.example`, password: randomBytes(18).toString('base64url'), displayName: 'Smoke test' };
  const Made = z.object({ session: z.object({ idToken: z.string() }) });
  service.signIn(expected('signUp', await service.post('signUp', wish), 201, Made).session.idToken);
  expected('getProfile', await service.get('getProfile'), 200, z.object({ profile: z.object({ uid: z.string() }) }));
}

const Songs = z.object({ items: z.array(z.object({ songId: z.string(), title: z.string() })) });

async function playsWhatIsThere(service: Outside): Promise<string> {
  const { items } = expected('listSongs', await service.get('listSongs', { scope: 'public', limit: '1' }), 200, Songs);
  const [song] = items;
  if (!song) return 'no song is there yet to be played';
  return `"${song.title}" plays: ${await play(service, song.songId)} bytes of sound`;
}

/** @returns how many bytes came: the first ones are enough */
async function play(service: Outside, songId: string): Promise<number> {
  const { url } = expected('getPlayback', await service.get('getPlayback', { songId }), 200, z.object({ url: z.url() }));
  const answer = await fetch(url, { headers: { Range: 'bytes=0-1023' }, signal: AbortSignal.timeout(30_000) });
  const { length } = Buffer.from(await answer.arrayBuffer());
  if (answer.status === 206 && length > 0) return length;
  throw new Stopped(`streamSong answered ${answer.status}, not 206`, {
    en: 'npm run doctor -- storageKey',
    ko: 'npm run doctor 로 저장소를 확인하세요',
  });
}

async function isHeldBack(service: Outside): Promise<string> {
  const Unavailable = z.object({ code: z.literal('feature_unavailable') });
  expected('createSong', await service.post('createSong', { prompt: 'a smoke test' }), 503, Unavailable);
  expected('startUpload', await service.post('startUpload', { contentType: 'image/png', bytes: 1000 }), 503, Unavailable);
  return 'new songs and uploads are held back: 503 feature_unavailable';
}

const Generation = z.object({
  generation: z.object({
    generationId: z.string(),
    state: z.string(),
    songs: z.array(z.object({ songId: z.string(), state: z.string() })),
  }),
});

async function makesSong(service: Outside): Promise<string> {
  const startedAt = performance.now();
  const wish = { prompt: 'a short bright melody on a piano', visibility: 'private' };
  let { generation } = expected('createSong', await service.post('createSong', wish), 202, Generation);
  while (!['ready', 'failed', 'cancelled'].includes(generation.state)) {
    if (performance.now() - startedAt > SONG_MS) break;
    await sleep(1_500);
    const answer = await service.get('getGeneration', { generationId: generation.generationId });
    if (answer.status !== 429) ({ generation } = expected('getGeneration', answer, 200, Generation));
  }
  const song = generation.songs.find(({ state }) => state === 'ready');
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  if (!song) {
    throw new Stopped(`createSong: the song is "${generation.state}" after ${seconds} s`, {
      en: 'look at the log of advanceGenerations, and at its job: npm run schedule -- plan',
      ko: 'advanceGenerations 로그와 작업을 확인하세요',
    });
  }
  return `a song was made in ${seconds} s and plays: ${await play(service, song.songId)} bytes of sound`;
}
