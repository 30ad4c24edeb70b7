/** Where errors and traces of a function go besides its log: real servers stand for Sentry and for a collector. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Metafile } from 'esbuild';
import { bundleFunctions } from '../../scripts/build/bundleFunctions.ts';
import { projectFolder } from '../../scripts/check/command.ts';
import { waitUntil } from '../../scripts/local/waitUntil.ts';
import { json, type SmallServer, serve } from '../shared/music/smallServer.ts';
import { type BuiltFunction, settings, startBuilt } from './builtFunction.ts';
import { strayingFunction } from './strayingFunction.ts';

let folder: string;
let straying: BuiltFunction;
const open: SmallServer[] = [];
let outputs: Metafile['outputs'];

// Says which files are loaded, in the log of the process.
const WATCH = `import { registerHooks } from 'node:module';
registerHooks({ load(url, context, next) { console.error('loads ' + url); return next(url, context); } });`;

/** What is loaded only when there is something for it, by its folder. */
const HEAVY = { sentry: 'node_modules/@sentry/node/', openTelemetry: 'node_modules/@opentelemetry/sdk-trace/' };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sori-reporting-'));
  const straying = { ...strayingFunction, area: 'system', file: 'tests/built/strayingFunction.ts' };
  const { files, metafile } = await bundleFunctions([straying], projectFolder);
  outputs = metafile.outputs;
  const own = [
    { path: 'package.json', contents: '{ "type": "module", "main": "index.js" }' },
    { path: 'index.js', contents: "import './functions/straying.js';" },
  ];
  for (const { path, contents } of [...files, ...own]) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), contents);
  }
  await symlink(join(projectFolder, 'node_modules'), join(folder, 'node_modules'));
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(async () => {
  await straying.child.stop(0);
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function serving(answer: (response: ServerResponse) => void): Promise<SmallServer> {
  const server = await serve((_request, response) => answer(response));
  open.push(server);
  return server;
}

async function start(own: Record<string, string>): Promise<void> {
  const watch = `--import=data:text/javascript,${encodeURIComponent(WATCH)}`;
  straying = await startBuilt(folder, 'straying', { ...settings(), FUNCTION_TARGET: 'straying', NODE_OPTIONS: watch, ...own });
}

const dsnOf = ({ port }: SmallServer) => `http://publickey@127.0.0.1:${port}/42`;

async function ask(how: string, headers: Record<string, string> = {}) {
  const answer = await fetch(`${straying.url}/?how=${how}`, { headers, signal: AbortSignal.timeout(5_000) });
  return { status: answer.status, requestId: answer.headers.get('x-request-id') };
}

/** What of the heavy the process has loaded. */
function loaded(): string[] {
  const urls = [...straying.output().matchAll(/^loads (file:.*)$/gm)].map(([, url]) => url!).filter((url) => url.includes(folder));
  expect(urls.length).toBeGreaterThan(1);
  const inputs = urls.flatMap((url) => Object.keys(outputs[`dist/${relative(folder, fileURLToPath(url))}`]?.inputs ?? {}));
  return Object.entries(HEAVY).flatMap(([name, path]) => (inputs.some((input) => input.includes(path)) ? [name] : []));
}

/** The items of an envelope: lines of JSON, a header and then a header and a body for each item. */
function eventsIn({ received }: SmallServer): Record<string, unknown>[] {
  return received.flatMap(({ body }) => {
    const lines = body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    return lines.filter((_line, at) => lines[at - 1]?.['type'] === 'event');
  });
}

async function eventsOf(ingest: SmallServer, count: number): Promise<Record<string, unknown>[]> {
  await waitUntil('Sentry has events', () => eventsIn(ingest).length >= count, 15_000);
  return eventsIn(ingest);
}

describe('without settings for it', () => {
  it('no package for errors or traces is loaded, whatever goes wrong', async () => {
    await start({});
    await ask('waits');
    expect((await ask('fails')).status).toBe(500);
    await ask('rejects');
    expect(loaded()).toEqual([]);
  });
});

describe('with SENTRY_DSN', () => {
  it('an unexpected error is one event, with its request and nothing personal', async () => {
    const ingest = await serving((response) => json(response, { id: '1' }));
    await start({ SENTRY_DSN: dsnOf(ingest), K_REVISION: 'straying-00042' });
    await ask('waits');
    expect(loaded()).toEqual([]);
    const { status, requestId } = await ask('fails');
    expect(status).toBe(500);
    const [event] = await eventsOf(ingest, 1);
    expect(event).toMatchObject({
      level: 'error',
      release: 'straying-00042',
      tags: { code: 'request_failed', function: 'straying', requestId },
      contexts: { trace: { trace_id: expect.stringMatching(/^[0-9a-f]{32}$/) } },
    });
    const values = (event as { exception: { values: { type: string; value: string; stacktrace?: object }[] } }).exception.values;
    expect(values.map(({ type, value }) => `${type}: ${value}`)).toEqual(['Error: [email]', 'Error: [email] was refused: token=[secret]']);
    expect(values.at(-1)?.stacktrace).toEqual({
      frames: expect.arrayContaining([expect.objectContaining({ lineno: expect.any(Number) })]),
    });
    expect(ingest.received).toHaveLength(1);
    expect(loaded()).toEqual(['sentry']);
    expect(JSON.stringify(ingest.received)).not.toMatch(/mina|hunter2/);
  });

  it('so is what nobody caught, sent before the process ends', async () => {
    const ingest = await serving((response) => json(response, { id: '1' }));
    await start({ SENTRY_DSN: dsnOf(ingest) });
    await ask('rejects');
    await ask('throws');
    expect(await straying.child.exited).toBe('exit code 1');
    const codes = eventsIn(ingest).map(({ tags }) => (tags as { code: string }).code);
    expect(codes).toEqual(['unhandled_rejection', 'uncaught_exception']);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['says nothing', () => undefined],
    ['fails', (response) => response.writeHead(500).end()],
    ['cuts', (response) => response.destroy()],
    ['is asked too often', (response) => response.writeHead(429, { 'retry-after': '60' }).end()],
  ])('an ingest that %s costs no caller their answer, and does not hold up the end', async (_what, answer) => {
    const ingest = await serving(answer);
    await start({ SENTRY_DSN: dsnOf(ingest) });
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask('fails')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([500]));
    expect((await ask('waits')).status).toBe(200);
    await waitUntil('something was sent', () => ingest.received.length > 0, 15_000);
    straying.child.process.kill('SIGTERM');
    const toldAtMs = performance.now();
    expect(await straying.child.exited).toBe('exit code 0');
    expect(performance.now() - toldAtMs).toBeLessThan(5_000);
    expect(ingest.received.length).toBeLessThanOrEqual(101);
  });
});

const THEIRS = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };

interface Sent {
  resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: SentSpan[] }[] }[];
}
interface Attribute {
  key: string;
  value: object;
}
interface SentSpan {
  name: string;
  kind: number;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  attributes: Attribute[];
}

describe('with OTEL_EXPORTER_OTLP_ENDPOINT', () => {
  it('a request and what it asked of others are spans of the caller’s trace, without path, query or person', async () => {
    const [collector, provider] = [await serving((response) => json(response, {})), await serving((response) => json(response, {}))];
    await start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, TOPMEDIAI_BASE_URL: provider.url });
    await ask('asks', { traceparent: `00-${THEIRS.traceId}-${THEIRS.spanId}-01` });
    await waitUntil('spans were sent', () => collector.received.length > 0, 15_000);
    expect(collector.received.map(({ method, url }) => `${method} ${url}`)).toEqual(['POST /v1/traces']);
    const [sent] = (JSON.parse(collector.received[0]!.body) as Sent).resourceSpans;
    expect(sent!.resource.attributes).toContainEqual({ key: 'service.name', value: { stringValue: 'straying' } });
    const [asked, answered] = sent!.scopeSpans.flatMap(({ spans }) => spans);
    expect(answered).toMatchObject({ name: 'GET /v1/straying', kind: 2, traceId: THEIRS.traceId, parentSpanId: THEIRS.spanId });
    const host = new URL(provider.url).host;
    expect(asked).toMatchObject({ name: `GET ${host}`, kind: 3, traceId: THEIRS.traceId, parentSpanId: answered!.spanId });
    expect(provider.received.map(({ headers }) => headers['traceparent'])).toEqual([`00-${THEIRS.traceId}-${asked!.spanId}-01`]);
    expect(collector.received[0]!.body).not.toMatch(/secret|prompt|boats/);
    expect(loaded()).toEqual(['openTelemetry']);
  });

  it('a trace that its caller does not want collected is passed on, and not collected', async () => {
    const [collector, provider] = [await serving((response) => json(response, {})), await serving((response) => json(response, {}))];
    await start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, TOPMEDIAI_BASE_URL: provider.url });
    await ask('asks', { traceparent: `00-${THEIRS.traceId}-${THEIRS.spanId}-00` });
    expect(provider.received.map(({ headers }) => headers['traceparent'])).toEqual([expect.stringMatching(/-00$/)]);
    await waitUntil('it is logged', () => straying.output().includes('"logging.googleapis.com/trace_sampled":false'), 5_000);
    straying.child.process.kill('SIGTERM');
    expect(await straying.child.exited).toBe('exit code 0');
    expect(collector.received).toEqual([]);
    expect(loaded()).toEqual([]);
  });

  it('a collector that says nothing costs no caller their answer, and does not hold up the end', async () => {
    const collector = await serving(() => undefined);
    await start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask('waits')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    straying.child.process.kill('SIGTERM');
    const toldAtMs = performance.now();
    expect(await straying.child.exited).toBe('exit code 0');
    expect(performance.now() - toldAtMs).toBeLessThan(5_000);
  });
});
