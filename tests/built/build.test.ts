import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { projectFolder, runCommand } from '../../scripts/check/command.ts';
import { loadEndpoints, type RegisteredEndpoint } from '../../scripts/loadEndpoints.ts';
import { type BuiltFolder, buildFolder, SECRETS, settings, spawnBuilt, startBuilt } from './builtFunction.ts';

const AT_ONCE = 3;
const READ_BYTES_AT_START = 1_200_000;

let folder: BuiltFolder;
let endpoints: RegisteredEndpoint[];

beforeAll(async () => {
  [folder, endpoints] = await Promise.all([buildFolder(), loadEndpoints()]);
}, 60_000);
afterAll(() => folder.remove());

function builtFiles(path: string): string[] {
  const inside = readdirSync(path, { recursive: true, withFileTypes: true });
  const files = inside.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1));
  return files.filter((file) => !file.startsWith('node_modules/') && !file.endsWith('.log')).sort();
}

describe('the built folder', () => {
  it('holds an entry for each function, the manifest, and what Hosting wants', () => {
    const files = builtFiles(folder.path).filter((file) => !/^chunks\/|\.map$/.test(file));
    const entries = endpoints.map(({ name }) => `functions/${name}.js`);
    const pages = ['docs/guide.html', 'docs/index.html', 'docs/openapi.json', 'docs/page.css', 'docs/search.js', 'robots.txt'].map(
      (page) => `public/${page}`,
    );
    expect(files).toEqual(['functions.yaml', 'index.js', 'package.json', ...pages, ...entries].sort());
    expect(readFileSync(join(folder.path, 'functions.yaml'))).toEqual(readFileSync(join(projectFolder, 'functions.yaml')));
  });

  it('asks for exact versions of what is not in it, and for nothing that only development needs', () => {
    const { dependencies } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as { dependencies: object };
    const deployed = JSON.parse(readFileSync(join(folder.path, 'package.json'), 'utf8')) as Record<string, object>;
    const { '@google-cloud/functions-framework': framework, sharp } = dependencies as Record<string, string>;
    expect(deployed['dependencies']).toEqual({ '@google-cloud/functions-framework': framework, sharp });
    expect(deployed['engines']).toEqual({ node: '24' });
    expect(deployed['devDependencies']).toBeUndefined();
  });

  it('tells nothing of the machine that built it', () => {
    const telling = builtFiles(folder.path).filter((file) => readFileSync(join(folder.path, file), 'utf8').includes(projectFolder));
    expect(telling).toEqual([]);
  });

  it('is the same, byte for byte, when it is built again', async () => {
    const again = await buildFolder();
    try {
      const digests = (path: string) =>
        builtFiles(path).map((file) => [
          file,
          createHash('sha256')
            .update(readFileSync(join(path, file)))
            .digest('hex'),
        ]);
      expect(digests(again.path)).toEqual(digests(folder.path));
    } finally {
      await again.remove();
    }
  });

  it('has no file that Node cannot read as a module', async () => {
    const scripts = builtFiles(folder.path).filter((file) => file.endsWith('.js'));
    const reading = `import vm from 'node:vm'; import { readFileSync } from 'node:fs';
      for (const file of process.argv.slice(1)) new vm.SourceTextModule(readFileSync(file, 'utf8'), { identifier: file });`;
    const flags = ['--experimental-vm-modules', '--no-warnings', '--input-type=module', '-e', reading, '--'];
    const result = await runCommand('node', [...flags, ...scripts], { folder: folder.path });
    expect(result).toEqual({ status: 0, output: '' });
  });

  it('reads neither Firestore nor another client of Google at the start of a function', () => {
    const heavy = /^(@google-cloud|@grpc|google-gax|google-auth-library|firebase-admin|protobufjs|axios|@sentry|@opentelemetry)/;
    for (const { name, startBytes, startPackages } of folder.weights) {
      expect({ name, heavy: startPackages.map((found) => found.name).filter((found) => heavy.test(found)) }).toEqual({ name, heavy: [] });
      expect({ name, isLight: startBytes < READ_BYTES_AT_START }).toEqual({ name, isLight: true });
    }
  });
});

interface FirstAnswer {
  status: number;
  code?: string;
}

/** From the definition alone: nobody is signed in, and nothing is given. */
function expectedAnswer({ access, input, errors, status }: RegisteredEndpoint): FirstAnswer {
  if (access !== 'public') return { status: 401, code: 'unauthenticated' };
  if (errors.includes('unknown_function')) return { status: 404, code: 'unknown_function' };
  return input.safeParse({}).success ? { status } : { status: 400, code: 'invalid_input' };
}

async function firstAnswer({ name, method, secrets }: RegisteredEndpoint): Promise<FirstAnswer> {
  const own = Object.fromEntries(secrets.map((secret) => [secret, (SECRETS as Record<string, string>)[secret] ?? '']));
  const stores = { MEDIA_STORES: `local:${join(folder.path, 'media')}` }; // a storage that works, else some would be closed
  const { url, child } = await startBuilt(folder.path, name, { ...settings(), ...stores, ...own });
  try {
    const body = method === 'POST' ? { body: '{}', headers: { 'content-type': 'application/json' } } : {};
    const response = await fetch(url, { method, ...body, signal: AbortSignal.timeout(15_000) });
    const { code, requestId } = (await response.json()) as { code?: string; requestId?: string };
    if (response.ok) return { status: response.status };
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(requestId).toBe(response.headers.get('x-request-id'));
    return { status: response.status, code: code ?? '' };
  } finally {
    await child.stop(2_000);
  }
}

describe('a built function, alone on functions-framework', () => {
  it('starts with the secrets that its definition names, and answers as its kind does', async () => {
    const answers = new Map<string, FirstAnswer | string>();
    const waiting = [...endpoints];
    const work = async () => {
      for (let endpoint = waiting.pop(); endpoint; endpoint = waiting.pop()) {
        const { name } = endpoint;
        answers.set(name, await firstAnswer(endpoint).catch(String));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    expect(Object.fromEntries(answers)).toEqual(Object.fromEntries(endpoints.map((endpoint) => [endpoint.name, expectedAnswer(endpoint)])));
  }, 120_000);

  it.each([
    [
      'an emulator is named on Google Cloud',
      'getStatus',
      { K_SERVICE: 'getstatus' },
      'FIRESTORE_EMULATOR_HOST must not be set on Google Cloud',
    ],
    ['a secret is missing', 'createSong', {}, 'JWT_SECRET is not set'],
    ['a setting is malformed', 'getStatus', { ALLOWED_ORIGINS: 'everybody' }, 'ALLOWED_ORIGINS: must be an http or https URL'],
    ['there is no such function', 'getNothing', {}, 'there is no getNothing'],
  ])('does not start when %s, and says so', async (_when, name, extra, message) => {
    const { child, output } = await spawnBuilt(folder.path, name, { ...settings(), ...extra });
    try {
      expect(await child.exited).toBe('exit code 1');
      expect(output()).toContain(message);
    } finally {
      await child.stop(0);
    }
  });
});
