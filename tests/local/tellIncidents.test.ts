/** What `npm start` shows of incidents, from the log of the functions as it grows. */
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeLine, tellIncidents } from '../../scripts/local/tellIncidents.ts';
import { waitUntil } from '../../scripts/local/waitUntil.ts';

let logs: string;
beforeAll(async () => {
  logs = await mkdtemp(join(tmpdir(), 'sori-test-incidents-'));
});
afterAll(() => rm(logs, { recursive: true, force: true }));

const opened = {
  ...{ severity: 'ERROR', time: '2026-03-01T12:00:01.000Z', code: 'incident_opened', incidentId: 'inc_1', alert: 'provider_down' },
  ...{ incidentSeverity: 'critical', title: { en: 'It is gone', ko: '사라졌습니다' }, observed: 'unavailable' },
};

it('An incident is two lines in the terminal: how bad and what, in both languages; its id, what was seen, and its page', () => {
  const text = stripVTControlCharacters(describeLine(JSON.stringify(opened)) ?? '');
  const [head, about] = text.split('\n');
  expect(head).toMatch(/^▲ \d\d:00:01 \[critical\] It is gone · 사라졌습니다$/);
  expect(about).toBe('  inc_1: unavailable   docs/runbook.md#provider_down');
});

it('Nothing is shown of other lines, of what is only to be known, and of what is no line', () => {
  const lines = [{ ...opened, code: 'request' }, { ...opened, incidentSeverity: 'info' }, { code: 'incident_opened' }];
  expect(lines.map((line) => describeLine(JSON.stringify(line)))).toEqual([undefined, undefined, undefined]);
  expect(describeLine('{"code":"incident_opened",')).toBeUndefined();
});

it('Lines are shown once they are whole, also of a log that comes later; those of before the start are not', async () => {
  const shown: string[] = [];
  await writeFile(join(logs, 'functions.log'), `${JSON.stringify(opened)}\n`);
  const stop = tellIncidents(logs, (text) => shown.push(text));
  const line = JSON.stringify({ ...opened, code: 'incident_resolved' });
  await appendFile(join(logs, 'functions.log'), line.slice(0, 90));
  await writeFile(join(logs, 'watchService.log'), `${JSON.stringify({ ...opened, incidentId: 'inc_2' })}\n`);
  await waitUntil('the one that is whole', () => shown.length > 0, 5_000);
  await appendFile(join(logs, 'functions.log'), `${line.slice(90)}\n`);
  stop();
  expect(shown.map((text) => /inc_\d/.exec(text)?.[0])).toEqual(['inc_2', 'inc_1']);
});
