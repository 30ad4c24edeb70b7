import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { projectFolder } from '../../scripts/check/command.ts';
import { type BuiltFunction, settings as commonSettings, startBuilt } from './builtFunction.ts';

let folder: string;
let straying: BuiltFunction;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sori-straying-'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module", "main": "index.js" }');
  const [functionUrl, endpointUrl] = ['tests/built/strayingFunction.ts', 'shared/endpoint/index.ts'].map(
    (path) => pathToFileURL(join(projectFolder, path)).href,
  );
  const imports = `import { strayingFunction } from '${functionUrl}';\nimport { start } from '${endpointUrl}';\n`;
  await writeFile(join(folder, 'index.js'), `${imports}start(strayingFunction);\n`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

beforeEach(async () => {
  straying = await startBuilt(folder, 'straying', settings());
});
afterEach(() => straying.child.stop(0));

const settings = (): Record<string, string> => ({ ...commonSettings(), FUNCTION_TARGET: 'straying' });

async function ask(how: string) {
  const answer = await fetch(`${straying.url}/?how=${how}`);
  return { status: answer.status, type: answer.headers.get('content-type'), body: await answer.text() };
}

const answered = (how: string) => ({ status: 200, type: 'application/json; charset=utf-8', body: `{"how":"${how}"}` });

describe('a fault that nobody caught', () => {
  it('in a promise that nobody waits for changes no answer, and is in the log with its request', async () => {
    expect(await ask('rejects')).toEqual(answered('rejects'));
    expect(await ask('waits')).toEqual(answered('waits'));
    expect(straying.child.hasExited()).toBe(false);
    expect(straying.output()).toMatch(/"severity":"ERROR".*"requestId":"req_.*"code":"unhandled_rejection"/);
  });

  it('lets all requests in flight have their answers, and ends the process', async () => {
    const [thrown, waited] = await Promise.all([ask('throws'), ask('waits')]);
    expect({ thrown, waited }).toEqual({ thrown: answered('throws'), waited: answered('waits') });
    expect(await straying.child.exited).toBe('exit code 1');
    expect(straying.output()).toMatch(/"severity":"ERROR".*"code":"uncaught_exception"/);
  });
});

describe('a function whose database cannot be reached at all', () => {
  it('says so in our form at its first request', async () => {
    const { FIRESTORE_EMULATOR_HOST: _firestore, ...withoutDatabase } = settings();
    await straying.child.stop(0);
    straying = await startBuilt(folder, 'straying', withoutDatabase);
    expect(JSON.parse((await ask('reads')).body)).toMatchObject({ status: 503, code: 'feature_unavailable', reason: 'database' });
  });
});
