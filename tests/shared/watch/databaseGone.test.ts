/** Firestore is gone for two minutes, by the clock of the test: what operators are told meanwhile, and what stands there afterwards. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newMemory } from '#shared/incidents';
import { systemWorld } from '#shared/runtime';
import { auth, firestore } from '../../../shared/watch/dependencies.ts';
import { watch } from '../../../shared/watch/watch.ts';
import { openTcpProxy, type TcpProxy } from '../../faults/tcpProxy.ts';
import { emulators } from '../../support/emulators.ts';
import { openScene, QUICK, type Scene } from '../incidents/scene.ts';

let scene: Scene;
let proxy: TcpProxy;
/** Of one process. */
let memory = newMemory();
let isAuthDown = false;

beforeAll(async () => {
  proxy = await openTcpProxy(emulators().firestoreHost);
  scene = await openScene({ FIRESTORE_EMULATOR_HOST: proxy.host });
});
beforeEach(async () => {
  await scene.clear();
  memory = newMemory();
  isAuthDown = false;
});
afterEach(async () => {
  proxy.speak();
  await minute(); // calls that were given up have ended before their client does
});
afterAll(async () => {
  await scene.close();
  await proxy.close();
});

const brokenAuth = { ...auth, look: () => (isAuthDown ? Promise.reject(new Error('refused')) : Promise.resolve([])) };

/** @param onNewId - is told before each new id */
async function minute(onNewId: (kind: string) => void = () => undefined): Promise<Awaited<ReturnType<typeof watch>>> {
  scene.clock.advance(60_000);
  const checks = [firestore(500), brokenAuth];
  const newId: typeof systemWorld.newId = (kind) => {
    onNewId(kind);
    return systemWorld.newId(kind);
  };
  return await watch({ world: { ...systemWorld, newId, clock: scene.clock }, memory, checks, webhook: QUICK });
}

/** The first line of what was said of each incident. */
function told(): string[] {
  return scene.webhook.texts.flatMap((text) => text.split('\n\n')).map((text) => text.split('\n')[0]!);
}

function now(): string {
  return new Date(scene.clock.now()).toISOString();
}

describe('While Firestore is gone', () => {
  it('operators are told within the minute, once, of what else is critical too, and once that it is over; nothing of it is lost', async () => {
    expect(await minute()).toEqual({ isDatabaseUp: true, opened: 0, escalated: 0, resolved: 0 });
    proxy.silence();
    expect(await minute()).toMatchObject({ isDatabaseUp: false });
    const openedAt = now();
    expect(told()).toEqual(['[critical] Firestore does not answer: opened']);
    isAuthDown = true;
    await minute();
    isAuthDown = false;
    expect(told()).toEqual(['[critical] Firestore does not answer: opened', '[critical] Firebase Auth does not answer: opened']);
    const ids = scene.webhook.texts.map((text) => text.match(/inc_\w+/)![0]);

    proxy.speak();
    expect(await minute()).toMatchObject({ isDatabaseUp: true });
    const [second, first] = await scene.incidents();
    expect(first).toMatchObject({ incidentId: ids[0], alert: 'database_down', state: 'open', openedAt });
    expect(second).toMatchObject({ incidentId: ids[1], alert: 'auth_down', state: 'open' });
    for (let minutes = 0; minutes < 3; minutes += 1) await minute();
    expect((await scene.incidents()).find(({ alert }) => alert === 'database_down')).toMatchObject({
      state: 'resolved',
      resolvedAt: now(),
    });
    expect(told().slice(2)).toEqual(['[critical] Firestore does not answer: resolved']);
  }, 30_000);

  it('a webhook that does not answer either is tried again each minute, until it has taken the message', async () => {
    scene.webhook.status = 503;
    proxy.silence();
    await minute();
    expect(scene.webhook.texts).toHaveLength(3);
    scene.webhook.status = 200;
    await minute();
    await minute();
    expect(scene.webhook.texts).toHaveLength(4);
    proxy.speak();
    await minute();
    expect(scene.webhook.texts).toHaveLength(4);
    expect((await scene.incidents()).map(({ alert }) => alert)).toEqual(['database_down']);
  }, 30_000);

  it('what was written down a moment before, and not told, is told all the same, under the same id', async () => {
    isAuthDown = true;
    await minute((kind) => {
      if (kind === 'clm') proxy.silence(); // it goes when the webhook is claimed
    });
    expect(told()).toEqual(['[critical] Firebase Auth does not answer: opened']);
    proxy.speak();
    await minute();
    const ids = scene.webhook.texts.flatMap((text) => text.match(/inc_\w+/g) ?? []);
    expect([...new Set(ids)]).toEqual((await scene.incidents()).map(({ incidentId }) => incidentId));
  }, 30_000);

  it('what was told meanwhile is written down once, though nobody heard that it was, and stays over', async () => {
    proxy.silence();
    await minute();
    const held = new Map(memory.held);
    proxy.speak();
    for (let minutes = 0; minutes < 5; minutes += 1) await minute();
    memory.held = held;
    await minute();
    expect((await scene.incidents()).map(({ state }) => state)).toEqual(['resolved']);
    expect(told()).toEqual(['[critical] Firestore does not answer: opened', '[critical] Firestore does not answer: resolved']);
  }, 30_000);

  it('what was open before is not told anew', async () => {
    isAuthDown = true;
    await minute();
    proxy.silence();
    await minute();
    expect(told()).toEqual(['[critical] Firebase Auth does not answer: opened', '[critical] Firestore does not answer: opened']);
  }, 30_000);
});
