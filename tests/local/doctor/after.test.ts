/** Each check of the lists for during and after a deployment is seen to notice the very thing that it is for. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { rollUpFigures } from '#shared/figures';
import { judgeAll, newMemory } from '#shared/incidents';
import { database, SETTINGS_DOCUMENT, systemWorld } from '#shared/runtime';
import { cors } from '../../../scripts/doctor/after/cors.ts';
import { features } from '../../../scripts/doctor/after/features.ts';
import { figures } from '../../../scripts/doctor/after/figures.ts';
import { functions } from '../../../scripts/doctor/after/functions.ts';
import { headers } from '../../../scripts/doctor/after/headers.ts';
import { incidents } from '../../../scripts/doctor/after/incidents.ts';
import { errors } from '../../../scripts/doctor/during/errors.ts';
import { responseTimes, timesWithin } from '../../../scripts/doctor/during/responseTimes.ts';
import { startLogs } from '../../../scripts/doctor/during/startLogs.ts';
import { userAccess } from '../../../scripts/doctor/during/userAccess.ts';
import { figuresOf, request, writeFigures } from '../../shared/figures/givenFigures.ts';
import { json } from '../../shared/music/smallServer.ts';
import { openWard, strangeBase, type Ward } from './ward.ts';

const MINUTE_MS = 60_000;

let ward: Ward;

beforeAll(async () => {
  ward = await openWard();
});
afterAll(() => ward.close());

const fault = (...seen: unknown[]) => ({ mark: 'broken', seen, next: { en: expect.any(String), ko: expect.any(String) } });

async function put(path: string, data: object): Promise<void> {
  await (await database()).doc(path).set(data);
}

describe('startLogs', () => {
  let logs: string;
  beforeEach(async () => {
    logs = await mkdtemp(join(tmpdir(), 'sori-logs-'));
  });
  afterEach(() => rm(logs, { recursive: true, force: true }));

  it('tells the first line of each error of the functions, and none of what is only a warning', async () => {
    const line = (severity: string, message: string) => JSON.stringify({ severity, message });
    const quiet = [line('INFO', 'request'), line('WARNING', 'check_failed'), '{"severity":"ERR'];
    await writeFile(join(logs, 'functions.log'), quiet.join('\n'));
    expect(await ward.look(startLogs, { logs })).toEqual({ mark: 'sound', seen: ['no errors since the start'] });
    await writeFile(join(logs, 'functions.log'), [...quiet, line('ERROR', 'Error: it fell\n    at somewhere.ts:1')].join('\n'));
    expect(await ward.look(startLogs, { logs })).toEqual(fault('1 errors:', 'Error: it fell'));
  });
});

describe('responseTimes', () => {
  it('notices a service that is slow, and one that does not answer', async () => {
    expect(await ward.look(responseTimes)).toMatchObject({ mark: 'sound' });
    const { bases, close } = await strangeBase((_, response) => setTimeout(() => json(response, {}), 40));
    expect(await ward.look(timesWithin({ limitMs: 5_000, slowMs: 20 }), { bases })).toMatchObject({ mark: 'doubtful' });
    await close();
    const silent = await strangeBase(() => undefined);
    expect(await ward.look(timesWithin({ limitMs: 50, slowMs: 20 }), { bases: silent.bases })).toMatchObject({ mark: 'broken' });
    await silent.close();
  });
});

describe('errors', () => {
  it('notices that many of the last requests have failed', async () => {
    expect(await ward.look(errors)).toMatchObject({ mark: 'sound' });
    const minuteMs = Math.floor(Date.now() / 60_000) * 60_000 - 3 * 60_000;
    const failing = Array.from({ length: 200 }, (_, at) => request({ status: at < 100 ? 500 : 200 }));
    await writeFigures(minuteMs, figuresOf(failing));
    await rollUpFigures({ world: systemWorld, signal: new AbortController().signal });
    const { mark, seen } = await ward.look(errors);
    expect({ mark, seen: seen[0] }).toMatchObject({
      mark: expect.stringMatching(/broken|doubtful/),
      seen: expect.stringContaining('100 of 200 requests'),
    });
  });
});

describe('userAccess', () => {
  it('notices doors that are shut, and doors that are open', async () => {
    expect(await ward.look(userAccess)).toEqual({ mark: 'sound', seen: ['7 doors are open or shut as they are to be'] });
    const { bases, close } = await strangeBase((_, response) => json(response, {}, 403));
    expect((await ward.look(userAccess, { bases })).seen).toEqual(
      expect.arrayContaining([
        'getStatus answers anybody with 403 instead of 200',
        'getProfile answers somebody with a forged token with 403 instead of 401',
      ]),
    );
    await close();
  });
});

describe('functions', () => {
  it('notices each that something else answers for', async () => {
    expect(await ward.look(functions)).toMatchObject({ mark: 'sound', seen: [expect.stringMatching(/^\d+ functions answer at /)] });
    const { bases, close } = await strangeBase((_, response) => json(response, {}, 404));
    const { mark, seen } = await ward.look(functions, { bases });
    expect({ mark, seen }).toMatchObject({
      mark: 'broken',
      seen: expect.arrayContaining([expect.stringMatching(/\/createSong: something else answers, 404$/)]),
    });
    await close();
  });
});

describe('headers', () => {
  it('names those that a proxy has taken away', async () => {
    expect(await ward.look(headers)).toMatchObject({ mark: 'sound' });
    const { bases, close } = await strangeBase((_, response) => {
      for (const name of ['Strict-Transport-Security', 'Content-Security-Policy', 'X-Frame-Options', 'Referrer-Policy'])
        response.setHeader(name, 'x');
      json(response, {});
    });
    expect(await ward.look(headers, { bases })).toEqual(fault(`${bases[0]?.url}: no x-content-type-options`));
    await close();
  });
});

describe('cors', () => {
  it('notices an origin that is not let in, and a service that lets in everybody', async () => {
    const settings = { ...ward.site.settings, ALLOWED_ORIGINS: 'https://app.example' };
    expect(await ward.look(cors)).toMatchObject({ mark: 'doubtful', seen: ['0 origins may call; others may not'] });
    expect(await ward.look(cors, { settings })).toEqual(fault('https://app.example is not let in'));
    const { bases, close } = await strangeBase(({ headers: { origin } }, response) => {
      response.setHeader('Access-Control-Allow-Origin', origin ?? '');
      json(response, {});
    });
    expect(await ward.look(cors, { settings, bases })).toEqual(fault('any page may call as its visitor'));
    await close();
  });
});

describe('features', () => {
  it('tells what the phase holds back from what is broken', async () => {
    expect(await ward.look(features)).toMatchObject({ mark: 'sound' });
    await put(SETTINGS_DOCUMENT, { phase: 1 });
    ward.studio.clock.advance(MINUTE_MS);
    expect(await ward.look(features)).toMatchObject({
      mark: 'doubtful',
      seen: [expect.stringMatching(/^phase 1: /), expect.stringMatching(/generation/)],
    });
    await (await database()).doc(SETTINGS_DOCUMENT).delete();
    await ward.studio.storage.stop();
    ward.studio.clock.advance(MINUTE_MS);
    const { mark, seen } = await ward.look(features);
    expect({ mark, seen }).toMatchObject({ mark: 'broken', seen: expect.arrayContaining(['generation is held back: storage']) });
    await ward.studio.storage.start();
  });
});

describe('figures', () => {
  it('notices a watch that does not look, and counts that nobody adds up', async () => {
    await (await database()).doc('dependencies/database').delete();
    expect(await ward.look(figures)).toEqual(fault('the watch has never looked'));
    await put('dependencies/database', { isUp: true, lookedAt: new Date(Date.now() - 4 * 60_000) });
    expect(await ward.look(figures)).toEqual(fault('the watch looked 240 s ago'));
    await put('dependencies/database', { isUp: true, lookedAt: new Date() });
    expect(await ward.look(figures)).toMatchObject({ mark: 'sound' });
    await writeFigures(Date.now() - 6 * 60_000, figuresOf([request()]));
    expect(await ward.look(figures)).toEqual(
      fault('the watch looked 0 s ago', 'what functions counted more than 5 min ago was not added up'),
    );
  });
});

describe('incidents', () => {
  it('tells each that is open, and what to do about the first', async () => {
    expect(await ward.look(incidents)).toEqual({ mark: 'sound', seen: ['no incident is open'] });
    await judgeAll([{ alert: 'auth_down', state: 'bad', observed: 'code 14' }], { world: systemWorld, memory: newMemory() });
    expect(await ward.look(incidents)).toEqual(fault(expect.stringMatching(/^critical: auth_down: Firebase Auth does not answer, since /)));
  });
});
