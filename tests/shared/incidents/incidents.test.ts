/** How an incident opens, gets worse and ends. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { alertOf } from '#shared/incidents';
import { database } from '#shared/runtime';
import { acknowledge } from '../../../shared/incidents/store.ts';
import { bad, good, openScene, type Scene } from './scene.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
});
beforeEach(() => scene.clear());
afterAll(() => scene.close());

async function states(): Promise<string[]> {
  return (await scene.incidents()).map(({ alert, severity, state }) => `${alert} ${severity} ${state}`);
}

describe('An incident', () => {
  it('opens at the first bad look, with its titles in both languages, what was seen and what is allowed', async () => {
    expect(await scene.judge([bad('provider_down', 'unavailable'), good('auth_down')])).toEqual({ opened: 1, escalated: 0, resolved: 0 });
    const at = new Date(scene.clock.now()).toISOString();
    const { title, threshold } = alertOf('provider_down');
    expect(await scene.incidents()).toEqual([
      {
        incidentId: expect.stringMatching(/^inc_/),
        ...{ alert: 'provider_down', severity: 'critical', state: 'open', title },
        evidence: [{ at, observed: 'unavailable', threshold }],
        ...{ openedAt: at, escalatedAt: null, acknowledgedAt: null, acknowledgedBy: null, resolvedAt: null, updatedAt: at },
      },
    ]);
  });

  it('stays the same one for as long as it lasts, with its first evidence and the last of it', async () => {
    for (let minute = 0; minute < 40; minute += 1) {
      await scene.judge([bad('provider_down', `try ${minute}`)]);
      scene.clock.advance(60_000);
    }
    const incidents = await scene.incidents();
    expect(incidents.map(({ state }) => state)).toEqual(['open']);
    expect(incidents[0]!.evidence.map(({ observed }) => observed)).toEqual(
      [0, 31, 32, 33, 34, 35, 36, 37, 38, 39].map((minute) => `try ${minute}`),
    );
  });

  it('is over after three good minutes, not before, and the next one is another', async () => {
    await scene.judge([bad('provider_down')]);
    await scene.lasts(3, [good('provider_down')]);
    expect(await states()).toEqual(['provider_down critical open']);
    await scene.lasts(1, [good('provider_down')]);
    expect(await states()).toEqual(['provider_down critical resolved']);
    expect((await scene.incidents())[0]!.resolvedAt).toBe(new Date(scene.clock.now()).toISOString());
    await scene.lasts(1, [bad('provider_down')]);
    expect(await states()).toEqual(['provider_down critical open', 'provider_down critical resolved']);
  });

  it('that comes and goes is one, told once', async () => {
    for (let times = 0; times < 5; times += 1) {
      await scene.lasts(1, [bad('auth_down')]);
      await scene.lasts(2, [good('auth_down')]);
    }
    expect(await states()).toEqual(['auth_down critical open']);
    expect(scene.webhook.texts).toHaveLength(1);
  });

  it('is left as it is by a look that has failed itself', async () => {
    await scene.judge([bad('auth_down')]);
    await scene.lasts(10, [{ alert: 'auth_down', state: 'unknown', observed: 'DeadlineExceeded' }]);
    expect(await states()).toEqual(['auth_down critical open']);
  });

  it('that is a warning becomes critical when it lasts, as its row says', async () => {
    await scene.judge([bad('generations_stuck')]);
    await scene.lasts(9, [bad('generations_stuck')]);
    expect(await states()).toEqual(['generations_stuck warning open']);
    await scene.lasts(1, [bad('generations_stuck')]);
    expect(await states()).toEqual(['generations_stuck critical open']);
    expect((await scene.incidents())[0]!.escalatedAt).toBe(new Date(scene.clock.now()).toISOString());
  });

  it('that is a warning becomes critical at once when it gets worse', async () => {
    await scene.judge([bad('provider_budget', '80 of 100')]);
    await scene.lasts(1, [bad('provider_budget', '100 of 100', true)]);
    expect(await states()).toEqual(['provider_budget critical open']);
  });

  it('that somebody looks after does not become critical by lasting, and does by getting worse', async () => {
    await scene.judge([bad('jobs_missed'), bad('provider_budget')]);
    for (const { incidentId } of await scene.incidents()) {
      await acknowledge(incidentId, { uid: 'operator', now: new Date(scene.clock.now()) }, () => undefined);
    }
    scene.clock.advance(3 * 60 * 60_000);
    await scene.lasts(2, [bad('jobs_missed'), bad('provider_budget', '100 of 100', true)]);
    expect((await states()).sort()).toEqual(['jobs_missed warning acknowledged', 'provider_budget critical acknowledged']);
  });

  it('that was looked after and is over is followed by one that nobody looks after yet', async () => {
    await scene.judge([bad('auth_down')]);
    const [first] = await scene.incidents();
    await acknowledge(first!.incidentId, { uid: 'operator', now: new Date(scene.clock.now()) }, () => undefined);
    await scene.lasts(4, [good('auth_down')]);
    await scene.lasts(1, [bad('auth_down')]);
    expect(await scene.incidents()).toMatchObject([
      { state: 'open', acknowledgedBy: null },
      { state: 'resolved', acknowledgedBy: 'operator' },
    ]);
  });

  it('is not opened for the echo of another one', async () => {
    await scene.lasts(2, [bad('database_down'), bad('error_rate', '90 %', true), bad('generations_stuck')]);
    await scene.judge([bad('provider_down'), bad('error_rate', '9 %', true), bad('lyrics_down')]);
    await scene.lasts(2, [good('provider_down'), bad('error_rate', '9 %', true), bad('lyrics_down')]);
    expect((await states()).filter((state) => !state.startsWith('database_down'))).toEqual(['provider_down critical open']);
    await scene.lasts(3, [good('provider_down'), bad('error_rate', '9 %', true)]);
    expect((await states()).filter((state) => state.endsWith('open') && !state.startsWith('database'))).toEqual([
      'error_rate critical open',
    ]);
  });

  it('is opened anew where somebody has deleted or spoiled its documents by hand', async () => {
    await scene.judge([bad('auth_down'), bad('storage_down')]);
    const db = await database();
    await db.doc('alertStates/auth_down').set({ nonsense: true });
    await db.recursiveDelete(db.collection('incidents'));
    await scene.lasts(1, [bad('auth_down'), bad('storage_down')]);
    expect((await states()).sort()).toEqual(['auth_down critical open', 'storage_down critical open']);
  });
});

it('An incident whose alert a deployment has removed ends at the next look, and is still shown', async () => {
  await scene.judge([bad('lyrics_down')]);
  const db = await database();
  const { incidentId } = (await scene.incidents())[0]!;
  const state = (await db.doc('alertStates/lyrics_down').get()).data()!;
  await db.doc('alertStates/lyrics_down').delete();
  await db.doc('alertStates/poems_down').set({ ...state, alert: 'poems_down' });
  await db.doc(`incidents/${incidentId}`).update({ alert: 'poems_down' });
  await scene.lasts(1, []);
  expect(await states()).toEqual(['poems_down warning resolved']);
  expect((await db.collection('alertStates').get()).size).toBe(0);
});

describe('When the clock jumps', () => {
  it('between instances whose clocks are five hours apart, nothing gets worse or ends before as many looks as minutes', async () => {
    const apartMs = 5 * 60 * 60_000;
    const look = async (times: number, findings: Parameters<typeof scene.judge>[0]) => {
      for (let at = 0; at < times; at += 1) {
        scene.clock.advance(at % 2 === 0 ? apartMs : 60_000 - apartMs);
        await scene.judge(findings);
      }
    };
    await scene.judge([bad('auth_down'), bad('generations_stuck')]);
    await look(2, [good('auth_down'), bad('generations_stuck')]);
    expect((await states()).sort()).toEqual(['auth_down critical open', 'generations_stuck warning open']);
    await look(6, [good('auth_down'), bad('generations_stuck')]);
    expect((await states()).sort()).toEqual(['auth_down critical resolved', 'generations_stuck warning open']);
  });

  it('ahead by a day, one good look does not end an incident, and one bad one does not make a warning critical', async () => {
    await scene.judge([bad('auth_down'), bad('generations_stuck')]);
    scene.clock.advance(24 * 60 * 60_000);
    await scene.judge([good('auth_down')]);
    await scene.lasts(1, [good('auth_down')]);
    expect((await states()).sort()).toEqual(['auth_down critical open', 'generations_stuck warning open']);
    await scene.lasts(3, [good('auth_down')]);
    expect((await states()).sort()).toEqual(['auth_down critical resolved', 'generations_stuck warning open']);
  });

  it('back by a day, incidents get worse and end as late as from that moment on', async () => {
    await scene.judge([bad('auth_down'), bad('generations_stuck')]);
    await scene.lasts(1, [good('auth_down'), bad('generations_stuck')]);
    scene.clock.advance(-24 * 60 * 60_000);
    await scene.lasts(11, [good('auth_down'), bad('generations_stuck')]);
    expect((await states()).sort()).toEqual(['auth_down critical resolved', 'generations_stuck critical open']);
  });
});

describe('Two watches at the same moment', () => {
  it('open one incident, and one of them tells it', async () => {
    const found = [bad('provider_down'), bad('auth_down')];
    const changes = await Promise.all([1, 2, 3].map(() => scene.judge(found)));
    expect(changes.reduce((sum, { opened }) => sum + opened, 0)).toBe(2);
    expect((await states()).sort()).toEqual(['auth_down critical open', 'provider_down critical open']);
    await scene.lasts(1, found);
    expect(
      scene.webhook.texts
        .join('\n')
        .match(/inc_\w+/g)
        ?.sort(),
    ).toEqual((await scene.incidents()).map(({ incidentId }) => incidentId).sort());
  });

  it('that find the same left to be told, tell it once', async () => {
    scene.webhook.status = 500;
    await scene.judge([bad('provider_down')]);
    Object.assign(scene.webhook, { status: 200, texts: [], pauseMs: 600 });
    scene.clock.advance(60_000);
    await Promise.all([1, 2, 3].map(() => scene.judge([bad('provider_down')])));
    expect(scene.webhook.texts).toHaveLength(1);
  });
});
