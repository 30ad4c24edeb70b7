import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { projectFolder } from '../../scripts/check/command.ts';
import { withRewrites } from '../../scripts/generate/rewrites.ts';
import { loadEndpoints, type RegisteredEndpoint } from '../../scripts/loadEndpoints.ts';

/** The parts of the firebase CLI that read the manifest and put the deployment's settings into it. */
interface Discovery {
  detectFromYaml(folder: string, project: string, runtime: string): Promise<object | undefined>;
}
interface Resolver {
  resolveBackend(options: object): Promise<{ backend: { endpoints: Record<string, Record<string, Deployed>> } }>;
}
interface Deployed {
  [field: string]: unknown;
}

const REGION = 'europe-west1';
const SCHEDULER = 'scheduler@demo-sori.iam.gserviceaccount.com';

const FirebaseJson = z.looseObject({
  functions: z.array(z.looseObject({ source: z.string(), runtime: z.string() })),
  hosting: z.looseObject({ rewrites: z.array(z.object({ source: z.string(), function: z.object({ functionId: z.string() }) })) }),
});
const text = readFileSync(join(projectFolder, 'firebase.json'), 'utf8');
const firebaseJson = FirebaseJson.parse(JSON.parse(text));

let endpoints: RegisteredEndpoint[];
let deployed: Record<string, Deployed>;

beforeAll(async () => {
  endpoints = await loadEndpoints();
  const require = createRequire(join(projectFolder, 'package.json'));
  const cli = 'firebase-tools/lib/deploy/functions';
  const { detectFromYaml } = require(`${cli}/runtimes/discovery/index.js`) as Discovery;
  const { resolveBackend } = require(`${cli}/build.js`) as Resolver;
  const userEnvs = { REGION, SCHEDULER_SERVICE_ACCOUNT: SCHEDULER };
  const build = await detectFromYaml(projectFolder, 'demo-sori', 'nodejs24');
  const { backend } = await resolveBackend({ build, firebaseConfig: { projectId: 'demo-sori' }, userEnvs, nonInteractive: true });
  deployed = backend.endpoints[REGION] ?? {};
});

describe('functions.yaml, as the firebase CLI reads it', () => {
  it('has every function, in the region of the settings', () => {
    expect(Object.keys(deployed).sort()).toEqual(endpoints.map(({ name }) => name).sort());
  });

  it('gives each the resources and secrets of its definition', () => {
    for (const { name, resources, secrets } of endpoints) {
      const { availableMemoryMb, cpu, concurrency, timeoutSeconds, minInstances, maxInstances, ...rest } = deployed[name]!;
      const { memoryMiB, timeoutS, bodyBytes: _, ...others } = resources;
      expect({ availableMemoryMb, timeoutSeconds, concurrency, minInstances, maxInstances }).toEqual({
        availableMemoryMb: memoryMiB,
        timeoutSeconds: timeoutS,
        concurrency: others.concurrency,
        minInstances: others.minInstances,
        maxInstances: others.maxInstances,
      });
      expect(cpu).toBeCloseTo(others.cpu, 3);
      const named = (rest['secretEnvironmentVariables'] ?? []) as { key: string }[];
      expect(named.map(({ key }) => key)).toEqual(secrets);
    }
  });

  it('lets nobody but the Scheduler call what is scheduled, and everybody the rest', () => {
    const invokers = endpoints.map(({ name }) => [name, deployed[name]?.['httpsTrigger']]);
    const expected = endpoints.map(({ name, access }) => [name, { invoker: [access === 'scheduler' ? SCHEDULER : 'public'] }]);
    expect(invokers).toEqual(expected);
  });
});

describe('firebase.json', () => {
  it('sends each path to its function, and every other under /v1/ to answerUnknown', () => {
    const rewrites = firebaseJson.hosting.rewrites.map(({ source, function: { functionId } }) => [source, functionId]);
    const forClients = endpoints.filter(({ name, access }) => access !== 'scheduler' && name !== 'answerUnknown');
    expect(rewrites).toEqual([...forClients.map(({ name }) => [`/v1/${name}`, name]), ['/v1/**', 'answerUnknown']]);
  });

  it('deploys the built folder on Node 24', () => {
    expect(firebaseJson.functions.map(({ source, runtime }) => ({ source, runtime }))).toEqual([{ source: 'dist', runtime: 'nodejs24' }]);
  });

  it('keeps what people wrote in it when the rewrites are generated anew', () => {
    const handKept = { hosting: { public: 'pages', headers: [{ source: '**' }], rewrites: [] }, storage: { rules: 'storage.rules' } };
    const { hosting, ...rest } = JSON.parse(withRewrites(JSON.stringify(handKept), endpoints)) as typeof handKept;
    expect(rest).toEqual({ storage: handKept.storage });
    expect(hosting).toEqual({ ...handKept.hosting, rewrites: firebaseJson.hosting.rewrites });
  });
});

describe('names of functions', () => {
  it('differ by more than case: Cloud Run knows lower case only', () => {
    const names = endpoints.map(({ name }) => name.toLowerCase());
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});
