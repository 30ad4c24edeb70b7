/** All that people and operators do with a marked house, and all that goes wrong in it. */
import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Endpoint } from '#shared/endpoint';
import { database, log } from '#shared/runtime';
import { shapeOf } from '../fuzz/validInput.ts';
import { photograph, SECRET_PLACE } from '../support/somePictures.ts';
import type { MarkedHouse } from './markedHouse.ts';
import { word } from './marks.ts';

export interface Person {
  uid: string;
  email: string;
  password: string;
  token: string;
  refreshToken: string;
}

interface Told {
  [field: string]: unknown;
}

/** Calls functions by name, and writes down what came. */
export class Play {
  readonly house: MarkedHouse;
  /** `what: status` of everything that was done. */
  readonly seen: string[] = [];
  /** What those were told who were refused. */
  readonly refusals: string[] = [];

  constructor(house: MarkedHouse) {
    this.house = house;
  }

  async call(
    name: string,
    input: object,
    { token, headers = {} }: { token?: string; headers?: Record<string, string> } = {},
  ): Promise<Told> {
    const endpoint = this.house.service.endpoints.find((each) => each.name === name) as Endpoint;
    const own = { 'x-forwarded-for': `10.1.${Math.floor(Math.random() * 250)}.${Math.floor(Math.random() * 250)}`, ...headers };
    const answer = await this.house.service.call(endpoint as never, input as never, { ...(token ? { token } : {}), headers: own });
    const { reason = '' } = (answer.body ?? {}) as { reason?: string };
    this.seen.push(`${name}: ${answer.status} ${answer.status < 500 ? '' : reason}`);
    if (answer.status >= 400) this.refusals.push(`${name} ${JSON.stringify(answer.body)}`);
    return (answer.body ?? {}) as Told;
  }

  /** Another mark; it is remembered as what it is. */
  mark(kind: 'secrets' | 'emails' | 'prompts'): string {
    const made = word();
    this.house.marks[kind].push(made);
    return made;
  }

  async until(what: string, isDone: () => Promise<boolean>, step: () => Promise<unknown>, most = 60): Promise<void> {
    for (let tries = 0; tries < most; tries += 1) {
      if (await isDone()) return;
      await step();
    }
    throw new Error(`${what}: not after ${most} tries; ${this.seen.slice(-5).join(', ')}`);
  }
}

export async function signUp(play: Play): Promise<Person> {
  const { marks } = play.house;
  const email = `${play.mark('emails')}@sori.example`;
  const password = play.mark('secrets');
  const { session } = await play.call('signUp', { email, password, displayName: 'Mina' });
  const { uid, idToken: token, refreshToken } = session as { uid: string; idToken: string; refreshToken: string };
  marks.secrets.push(token, refreshToken);
  return { uid, email, password, token, refreshToken };
}

/** Coming in, by everything that is right and wrong. */
export async function comeIn(play: Play, { email, password, refreshToken, token }: Person): Promise<void> {
  await play.call('signUp', { email, password: play.mark('secrets'), displayName: 'Mina' });
  await play.call('signUp', { email: `${play.mark('emails')} at nowhere`, password: play.mark('secrets'), displayName: 'Mina' });
  for (let tries = 0; tries < 3; tries += 1) await play.call('signIn', { email, password: play.mark('secrets') });
  const { session } = await play.call('signIn', { email, password });
  play.house.marks.secrets.push((session as { idToken: string }).idToken);
  await play.call('refreshSession', { refreshToken });
  await play.call('refreshSession', { refreshToken: play.mark('secrets') });
  await play.call('getProfile', {}, { token: `${token.slice(0, -20)}${play.mark('secrets')}` });
  await play.call('requestPasswordReset', { email });
  await play.call('requestPasswordReset', { email: `${play.mark('emails')}@sori.example` });
  await play.house.service.send(`getProfile?${play.mark('secrets')}=${encodeURIComponent(email)}`);
  await play.house.service.send(`${play.mark('secrets')}/${email}`);
  for (const body of [`{"prompt":${play.mark('prompts')}}`, `${play.mark('secrets')}`]) {
    const { status } = await play.house.service.send('createSong', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    play.seen.push(`no JSON: ${status}`);
  }
  await play.house.service.send('signIn', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"password":"${play.mark('secrets')}`,
  });
}

const asked = (play: Play) => ({ prompt: `${play.mark('prompts')} on the river`, lyrics: `${play.mark('prompts')} ahoy\n`, style: 'folk' });

/** Songs that are made, that fail, and that the provider says bad things about. */
export async function makeSongs(play: Play, { token }: Person): Promise<string> {
  const { house } = play;
  const key = { 'idempotency-key': 'the-first-song' };
  const request = asked(play);
  const { generation } = await play.call('createSong', request, { token, headers: key });
  await play.call('createSong', request, { token, headers: key });
  await play.call('createSong', { ...request, prompt: play.mark('prompts') }, { token, headers: key });
  await play.call('createSong', { prompt: play.mark('prompts').repeat(20) }, { token });
  const { generationId } = generation as { generationId: string };
  await settle(play, generationId);
  for (const [name, tellsWhy] of PROVIDER_FAULTS) {
    const next = asked(play);
    const text = `x-api-key ${house.providerKey} of ${house.marks.emails[0]}@sori.example: ${next.prompt} was refused`;
    house.sandbox.faults.add({ name, at: ['generate'], times: 2, ...(tellsWhy ? { text } : {}) });
    const { generation: bad } = await play.call('createSong', next, { token });
    await settle(play, (bad as { generationId: string }).generationId);
    house.sandbox.faults.delete();
  }
  await play.call('writeLyrics', { prompt: `${play.mark('prompts')} and tea` }, { token });
  house.sandbox.faults.add({
    name: 'invalidParameter',
    at: ['lyrics'],
    times: 1,
    text: `${house.providerKey} ${house.marks.prompts[0]}`,
  });
  await play.call('writeLyrics', { prompt: `${play.mark('prompts')} and tea` }, { token });
  house.sandbox.faults.delete();
  const db = await database();
  const made = await db.collection('songs').where('generationId', '==', generationId).limit(1).get();
  return made.docs[0]?.id ?? 'none';
}

const PROVIDER_FAULTS = [
  ['failBoth', true],
  ['invalidParameter', true],
  ['schema422', false],
] as const;

async function settle(play: Play, generationId: string): Promise<void> {
  const db = await database();
  const state = async () => (await db.doc(`generations/${generationId}`).get()).get('state') as string;
  await play.until(
    generationId,
    async () => ['ready', 'failed', 'cancelled'].includes(await state()),
    async () => {
      await play.house.work();
      await sleep(100); // sounds are really made, and take their time
      play.house.pass(2_000);
    },
    600,
  );
  play.seen.push(`song: ${await state()}`);
}

/** Listening, pictures, and what goes with an account. */
export async function useIt(play: Play, { token }: Person, songId: string): Promise<void> {
  const { house } = play;
  await play.call('updateSong', { songId, visibility: 'public' }, { token });
  const { url } = (await play.call('getPlayback', { songId }, { token })) as { url: string };
  house.marks.secrets.push(new URL(url).searchParams.get('ticket') ?? new URL(url).search);
  const heard = await fetch(url, { headers: { range: 'bytes=0-99' } });
  play.seen.push(`heard: ${heard.status}`);
  await fetch(url.replace(/.$/, 'x'));
  const picture = await photograph(64, 48);
  house.marks.secrets.push(SECRET_PLACE);
  const { imageId, upload } = (await play.call(
    'startUpload',
    { contentType: 'image/jpeg', bytes: picture.length },
    { token },
  )) as never as {
    imageId: string;
    upload: { method: string; url: string; headers: Record<string, string> };
  };
  house.marks.secrets.push(new URL(upload.url).searchParams.get('X-Goog-Signature') ?? upload.url);
  const sent = await fetch(upload.url, { method: upload.method, headers: upload.headers, body: new Uint8Array(picture) });
  play.seen.push(`uploaded: ${sent.status}`);
  await play.call('finishUpload', { imageId }, { token });
  await play.call('exportAccount', {}, { token });
}

/** Never called by chance: they end what the other scenes need, or take long. */
const NOT_BY_CHANCE = ['deleteAccount', 'signOut', 'startBackup', 'failing'];

/** Every function there is, with a mark in each place that takes a text; nearly all of it is refused. */
export async function callAll(play: Play, { token }: Person): Promise<void> {
  for (const endpoint of play.house.service.endpoints) {
    if (endpoint.access === 'scheduler' || NOT_BY_CHANCE.includes(endpoint.name)) continue;
    const texts = Object.entries(shapeOf(endpoint).fields).filter(([, { type }]) => type === 'string');
    for (const [field] of texts) await play.call(endpoint.name, { [field]: play.mark('prompts') }, { token });
    await play.call(endpoint.name, Object.fromEntries(texts.map(([field]) => [field, play.mark('prompts')])), { token });
  }
  const { playlist } = await play.call('createPlaylist', { title: play.mark('prompts') }, { token });
  const { playlistId } = playlist as { playlistId: string };
  await play.call('updatePlaylist', { playlistId, title: play.mark('prompts') }, { token });
  const { items } = await play.call('listImages', {}, { token });
  const [image] = items as { imageId: string }[];
  await play.call('updateImage', { imageId: image?.imageId, title: play.mark('prompts') }, { token });
  const { items: asked } = await play.call('listGenerations', {}, { token });
  const failed = (asked as { generationId: string; state: string }[]).find(({ state }) => state === 'failed');
  await play.call('retryGeneration', { generationId: failed?.generationId }, { token });
}

/** What operators do, and to whom. */
export async function operate(play: Play, admin: Person, person: Person, songId: string): Promise<void> {
  const { token } = admin;
  const db = await database();
  await Promise.all([db.doc(`users/${admin.uid}`).update({ role: 'admin' }), db.doc(`userPrivate/${admin.uid}`).update({ role: 'admin' })]);
  play.house.pass(61_000);
  await play.call('updateUser', { uid: person.uid, songsPerDay: 40 }, { token });
  await play.call('listUsers', { limit: 10 }, { token });
  await play.call('getUser', { uid: person.uid }, { token });
  await play.call('moderateSong', { songId, hidden: true, reason: 'The words insult somebody.' }, { token });
  await play.call('listAllGenerations', {}, { token });
  await play.call('updateSettings', { songsPerDay: 12 }, { token });
  for (const name of ['getDashboard', 'listReports', 'listIncidents', 'listBackups', 'listAudit']) await play.call(name, {}, { token });
}

/** Half of the answer to an order comes; nobody knows whether it was taken. Then somebody leaves. The last things before tokens lapse. */
export async function loseAnswer(play: Play, { token }: Person, leaving: Person): Promise<void> {
  play.house.sandbox.faults.add({ name: 'cutJson', at: ['generate'], times: 1 });
  await play.call('createSong', asked(play), { token });
  await play.call('deleteAccount', {}, { token: leaving.token });
  for (let steps = 0; steps < 20; steps += 1) {
    await play.house.work();
    play.house.pass(30_000);
  }
}

/** Nobody expected these. */
export async function fail(play: Play, { token }: Person): Promise<void> {
  await play.call('failing', { said: play.mark('prompts') }, { token });
  log.error('unhandled_rejection', {
    error: new Error(`Basic ${play.house.marks.secrets[0]} for ${play.house.marks.emails[0]}@sori.example`),
  });
}

/** The storage key is broken by hand, then the provider and the webhook fail too; operators are told, and it is mended. */
export async function breakThings(play: Play): Promise<void> {
  const { house } = play;
  const whole = await readFile(house.keyFile, 'utf8');
  const broken = [
    whole.slice(0, 600),
    whole.replace(/(KEY-----\\n)/, `$1${play.mark('secrets')}`),
    `{"private_key":"${play.mark('secrets')}"}`,
  ];
  house.sandbox.faults.add({ name: 'keyRefused401', at: ['keyInfo', 'generate', 'tasks'] });
  for (const text of broken) {
    await writeFile(house.keyFile, text);
    house.pass(10 * 60_000);
    house.webhook.status = text === broken[1] ? 500 : 200;
    for (let minute = 0; minute < 4; minute += 1) {
      play.seen.push(`watchService: ${await house.fire('watchService')}`);
      house.pass(61_000);
    }
    await play.call('checkHealth', {});
  }
  await writeFile(house.keyFile, whole);
  house.sandbox.faults.delete();
  house.webhook.status = 200;
  play.seen.push(`watchService: ${await house.fire('watchService')}`);
}

/** A backup, a report, and what cleans up. */
export async function close(play: Play): Promise<void> {
  const { house } = play;
  play.seen.push(`backUpDatabase: ${await house.fire('backUpDatabase')}`);
  await house.figures.flush();
  const db = await database();
  const states = async () => (await db.collection('backups').get()).docs.map((each) => String(each.get('state')));
  await play.until(
    'backup',
    async () => (await states()).every((state) => ['verified', 'failed'].includes(state)),
    async () => {
      house.pass(61_000);
      await house.fire('watchService');
    },
    20,
  );
  play.seen.push(`backup: ${(await states()).join()}`);
  house.pass(25 * 60 * 60_000);
  for (const job of ['reportDailyUsage', 'verifyBackup', 'replicateMedia', 'sweepStorage', 'watchService']) {
    play.seen.push(`${job}: ${await house.fire(job)}`);
  }
  await house.figures.flush();
}
