/** The watch, as Cloud Scheduler calls it each minute, on the whole service: what becomes of a provider that goes and comes back. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { required, serviceUrl } from '#shared/runtime';
import { listIncidents } from '../../functions/admin/listIncidents.ts';
import { watchService } from '../../functions/scheduled/watchService.ts';
import { createSong } from '../../functions/songs/createSong.ts';
import { type Listener, newListener } from '../shared/generation/listener.ts';
import { openWebhook, type Webhook } from '../shared/incidents/scene.ts';
import { makePeople } from '../support/callers.ts';
import { openStudio, type Studio } from '../support/studio.ts';

let studio: Studio;
let mina: Listener;
let webhook: Webhook;
let adminToken: string;

beforeAll(async () => {
  webhook = await openWebhook();
  process.env['ALERT_WEBHOOK_URL'] = webhook.url;
  studio = await openStudio();
  mina = await newListener(studio);
  adminToken = (await (await makePeople(studio.service)).admin.tokenFor(''))!;
});
beforeEach(() => {
  webhook.texts = [];
});
afterAll(async () => {
  await studio.close();
  await webhook.close();
});

/** A minute goes by, and Cloud Scheduler calls the watch; it may do so twice. */
async function minute(times = 1): Promise<number[]> {
  studio.clock.advance(60_000);
  const email = required('SCHEDULER_SERVICE_ACCOUNT');
  const token = await studio.google.mintOidcToken({ audience: `${serviceUrl()}/watchService`, email });
  const runs = await Promise.all(Array.from({ length: times }, () => studio.service.call(watchService, {}, { token })));
  return runs.map(({ status }) => status);
}

async function askForSongs(): Promise<void> {
  for (let songs = 0; songs < 3; songs += 1) {
    await studio.service.call(createSong, { prompt: 'a calm song about paper boats' }, { token: mina.token });
  }
  await studio.runWorker();
}

/** Of the provider: that nobody has declared the jobs here is told as well. */
function firstLines(): string[] {
  const told = webhook.texts.flatMap((text) => text.split('\n\n'));
  return told.filter((text) => !text.endsWith('#jobs_missed')).map((text) => text.split('\n')[0]!);
}

describe('G9: a provider that is gone', () => {
  it('is told once within the minute, by two watches together, however long it lasts and whoever asks; and once that it is back', async () => {
    expect(await minute(2)).toEqual([200, 200]);
    expect(firstLines()).toEqual([]);

    studio.sandbox.faults.add({ name: 'status503' });
    await minute(2);
    expect(firstLines()).toEqual(['[critical] The music provider does not serve us: opened']);
    for (let minutes = 0; minutes < 3; minutes += 1) {
      await askForSongs();
      await minute();
    }
    expect(firstLines()).toHaveLength(1);

    studio.sandbox.faults.delete();
    for (let minutes = 0; minutes < 5; minutes += 1) {
      await studio.runWorker();
      await minute();
    }
    expect(firstLines()).toEqual([
      '[critical] The music provider does not serve us: opened',
      '[critical] The music provider does not serve us: resolved',
    ]);
    const { body } = await studio.service.call(listIncidents, {}, { token: adminToken });
    expect(body.items.filter(({ alert }) => alert === 'provider_down')).toMatchObject([{ state: 'resolved' }]);
  }, 120_000);
});
