/** How operators are told. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ALERTS, type Incident, JUDGE_BOUNDS } from '#shared/incidents';
import { Allowance, database } from '#shared/runtime';
import { sendMessage } from '../../../shared/incidents/webhook.ts';
import { countDocuments } from '../../support/countDocuments.ts';
import { keepLogLines } from '../generation/logLines.ts';
import { bad, good, openScene, type Scene } from './scene.ts';

let scene: Scene;
let lines: ReturnType<typeof keepLogLines>;

beforeAll(async () => {
  lines = keepLogLines();
  scene = await openScene({ LOG_LEVEL: 'info' });
});
beforeEach(async () => {
  await scene.clear();
  lines.forget();
});
afterAll(async () => {
  lines.stop();
  await scene.close();
});

async function incidentOf(alert: string): Promise<Incident> {
  return (await scene.incidents()).find((incident) => incident.alert === alert)!;
}

async function idOf(alert: string): Promise<string> {
  return (await incidentOf(alert)).incidentId;
}

/** So many more like this one, of which nobody has heard. */
async function leaveUntold(alert: string, count: number): Promise<void> {
  const db = await database();
  const known = (await db.doc(`incidents/${await idOf(alert)}`).get()).data()!;
  const notices = [{ kind: 'opened', noticedAt: new Date(), isLogged: true, isSent: false }];
  const batch = db.batch();
  for (const incidentId of Array.from({ length: count }, (_, at) => `inc_00${100 + at}`)) {
    batch.set(db.doc(`incidents/${incidentId}`), { ...known, incidentId, notices, isUntold: true });
  }
  await batch.commit();
}

describe('What is critical', () => {
  it('is told in the same minute, in both languages, with what was seen, what to do, its id and its page', async () => {
    await scene.judge([bad('provider_down', 'unavailable')]);
    const at = new Date(scene.clock.now()).toISOString();
    expect(scene.webhook.texts).toEqual([
      [
        '[critical] The music provider does not serve us: opened',
        '[심각] 음악 제공 업체를 이용할 수 없습니다: 발생',
        'unavailable (it does not tell our balance in two tries, or orders are held back because it fails)',
        "Look at the provider's status and at our API key. 제공 업체의 상태와 API 키를 확인하세요.",
        `${await idOf('provider_down')} · ${at} · docs/runbook.md#provider_down`,
      ].join('\n'),
    ]);
  });

  it('is told once however long it lasts, and once that it is over', async () => {
    await scene.judge([bad('provider_down')]);
    await scene.lasts(30, [bad('provider_down')]);
    await scene.lasts(10, [good('provider_down')]);
    expect(scene.webhook.texts.map((text) => text.split('\n')[0])).toEqual([
      '[critical] The music provider does not serve us: opened',
      '[critical] The music provider does not serve us: resolved',
    ]);
    expect(lines.all().filter(({ code }) => code.startsWith('incident_'))).toMatchObject([
      { code: 'incident_opened', severity: 'ERROR', alert: 'provider_down', incidentSeverity: 'critical', observed: 'down' },
      { code: 'incident_resolved', severity: 'INFO', alert: 'provider_down' },
    ]);
  });

  it('is told at once, and before the rest, however many warnings wait', async () => {
    await scene.judge([bad('settings_invalid')]);
    await leaveUntold('settings_invalid', 40);
    scene.webhook.texts = [];
    await scene.lasts(1, [bad('provider_down')]);
    expect(scene.webhook.texts.map((text) => text.split('\n')[0])).toEqual(['[critical] The music provider does not serve us: opened']);
    scene.clock.advance(60 * 60_000);
    await scene.lasts(1, [bad('provider_down'), bad('auth_down')]);
    expect(scene.webhook.texts[1]!.split('\n')[0]).toBe('[critical] Firebase Auth does not answer: opened');
    expect(scene.webhook.texts[1]).toContain(' more: listIncidents');
  });

  it('is shown before what is over, when a webhook that was dead for hours takes messages again', async () => {
    await scene.judge([bad('auth_down')]);
    await scene.lasts(4, [good('auth_down')]);
    await leaveUntold('auth_down', 25);
    scene.webhook.status = 500;
    await scene.lasts(1, [bad('provider_down')]);
    Object.assign(scene.webhook, { status: 200, texts: [] });
    await scene.lasts(1, [bad('provider_down')]);
    const heads = scene.webhook.texts[0]!.split('\n\n').map((text) => text.split('\n')[0]);
    expect(heads.slice(0, 2)).toEqual([
      '[critical] The music provider does not serve us: opened',
      '[critical] Firebase Auth does not answer: opened',
    ]);
    expect(heads.at(-1)).toMatch(/^… 7 more: listIncidents/);
  });

  it('has what Slack would take for its own marks written so that it does not', async () => {
    await scene.judge([bad('auth_down', '<!channel> & more')]);
    expect(scene.webhook.texts[0]).toContain('&lt;!channel&gt; &amp; more');
  });
});

describe('Warnings', () => {
  it('are gathered: the first at once, those of the hour after it in one message', async () => {
    await scene.judge([bad('settings_invalid', 'phase')]);
    await scene.lasts(1, [bad('jobs_missed')]);
    await scene.lasts(1, [bad('lyrics_down')]);
    expect(scene.webhook.texts).toHaveLength(1);
    expect(lines.of('incident_opened').map(({ alert, severity }) => `${alert} ${severity}`)).toEqual([
      'settings_invalid WARNING',
      'jobs_missed WARNING',
      'lyrics_down WARNING',
    ]);
    await scene.lasts(58, []);
    expect(scene.webhook.texts.slice(1).map((text) => text.split('\n').filter((line) => line.startsWith('[warning]')))).toEqual([
      ['[warning] A recurring job was missed: opened', '[warning] The provider writes no lyrics: opened'],
    ]);
  });

  it('do not wait once they have become critical', async () => {
    await scene.judge([bad('settings_invalid')]);
    await scene.lasts(1, [bad('provider_budget', '80 of 100')]);
    await scene.lasts(1, [bad('provider_budget', '100 of 100', true)]);
    expect(scene.webhook.texts[1]?.split('\n')[0]).toBe(
      "[critical] The day's budget for songs is nearly spent: opened, has become critical",
    );
  });
});

describe('What is only to be known', () => {
  it('is kept for the daily report and the log, and sends nobody a message', async () => {
    await scene.judge([bad('orders_unclear', '3 credits')]);
    await scene.lasts(70, [bad('orders_unclear', '3 credits')]);
    expect(scene.webhook.texts).toEqual([]);
    expect(await scene.incidents()).toMatchObject([{ alert: 'orders_unclear', severity: 'info', state: 'open' }]);
    expect(lines.of('incident_opened')).toHaveLength(1);
  });
});

describe('A webhook that answers 500', () => {
  it('is tried three times each minute, is an incident of its own in the log and the list, and gets everything once it works', async () => {
    scene.webhook.status = 500;
    await scene.judge([bad('provider_down')]);
    expect(scene.webhook.texts).toHaveLength(3);
    expect((await scene.incidents()).map(({ alert }) => alert).sort()).toEqual(['provider_down', 'webhook_dead']);
    expect(await incidentOf('webhook_dead')).toMatchObject({ severity: 'warning', state: 'open', evidence: [{ observed: 'status 500' }] });
    await scene.lasts(16, [bad('provider_down')]);
    expect(await incidentOf('webhook_dead')).toMatchObject({ severity: 'critical' });
    expect(lines.all().filter(({ alert }) => alert === 'webhook_dead')).toMatchObject([
      { code: 'incident_opened', severity: 'WARNING' },
      { code: 'incident_escalated', severity: 'ERROR' },
    ]);

    Object.assign(scene.webhook, { status: 200, texts: [] });
    await scene.lasts(4, [bad('provider_down')]);
    const ids = [await idOf('provider_down'), await idOf('webhook_dead')];
    expect(scene.webhook.texts[0]?.match(/inc_\w+/g)?.sort()).toEqual(ids.sort());
    expect(scene.webhook.texts.slice(1).map((text) => text.split('\n')[0])).toEqual(['[critical] Alerts do not arrive: resolved']);
    expect(JSON.stringify(lines.all()) + JSON.stringify(await scene.incidents())).not.toContain('secret-of-the-webhook');
  });
});

describe('A webhook that answers 429', () => {
  it('is left alone until the next minute', async () => {
    scene.webhook.status = 429;
    await scene.judge([bad('provider_down')]);
    expect(scene.webhook.texts).toHaveLength(1);
    expect(await incidentOf('webhook_dead')).toMatchObject({ evidence: [{ observed: 'status 429' }] });
    scene.webhook.status = 200;
    await scene.lasts(1, [bad('provider_down')]);
    expect(scene.webhook.texts).toHaveLength(2);
  });
});

describe('A webhook that says nothing', () => {
  it('is given up after its time, three times, and the watch goes on', async () => {
    scene.webhook.pauseMs = 2_000;
    const world = { clock: scene.clock, random: () => 0 };
    expect(await sendMessage('text', world, { timeoutMs: 100, pausesMs: [0, 0] })).toEqual({ isAccepted: false, why: 'TIMEOUT' });
    expect(scene.webhook.texts).toHaveLength(3);
  });
});

describe('The worst minute', () => {
  it('in which all goes wrong while as much waits as is looked at, costs no more than was said', async () => {
    await scene.judge([bad('auth_down')]);
    await scene.lasts(4, [good('auth_down')]);
    await leaveUntold('auth_down', 40);
    const causes = ['database_down', 'auth_down', 'storage_down', 'provider_down'];
    const all = ALERTS.filter(({ name }) => !causes.includes(name)).map(({ name }) => bad(name, 'down', true));
    const worst = await countDocuments(() => scene.judge(all));
    expect({ worst, isWithin: new Allowance(JUDGE_BOUNDS).has(worst) }).toEqual({ worst, isWithin: true });
    expect(worst.writes).toBeGreaterThan(2 * all.length + 30);
  }, 30_000);
});

describe('A watch that dies', () => {
  it('between sending and writing it down has the message sent again, with the same id, by the next one', async () => {
    const env = { ...process.env, METADATA_SERVER_DETECTION: 'none' };
    const child = spawn(process.execPath, [join(import.meta.dirname, 'judgeProcess.ts'), 'provider_down'], { env, stdio: 'ignore' });
    const died = once(child, 'exit');
    scene.webhook.onMessage = (_text, response) => {
      child.kill('SIGKILL'); // it has been taken, and nobody is there to hear so
      response.destroy();
    };
    expect(await died).toEqual([null, 'SIGKILL']);
    scene.webhook.onMessage = () => undefined;
    await scene.lasts(1, [bad('provider_down')]);
    const said = scene.webhook.texts.map((text) => text.match(/inc_\w+/)?.[0]);
    expect(said).toEqual([await idOf('provider_down'), await idOf('provider_down')]);
    const db = await database();
    expect((await db.collection('incidents').where('isUntold', '==', true).get()).size).toBe(0);
  }, 30_000);
});
