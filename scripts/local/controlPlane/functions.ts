/**
 * Cloud Functions (2nd generation): each function that is deployed makes a revision of its Cloud Run service, as Google's does.
 *
 * @see https://cloud.google.com/functions/docs/reference/rest/v2/projects.locations.functions
 */
import { z } from 'zod';
import { keepSource } from './keepSource.ts';
import type { Resource } from './resources.ts';
import { alreadyThere, type Call, type Cloud, invalid, notFound, Refusal, type Route } from './route.ts';
import { addRevision, serviceName } from './run.ts';

const API = 'cloudfunctions.googleapis.com';
const FUNCTIONS = '\\/v2\\/(projects\\/[^/]+\\/locations\\/([^/]+))\\/functions';

export const functionsRoutes: Route[] = [
  { api: API, method: 'GET', path: /^\/v1\/projects\/[^/]+\/locations\/-\/functions$/, answer: () => ({ functions: [] }) },
  { api: API, method: 'GET', path: new RegExp(`^${FUNCTIONS}$`), answer: listAll },
  { api: API, method: 'GET', path: new RegExp(`^${FUNCTIONS}\\/(\\w+)$`), answer: (call, cloud) => found(call.path.slice(4), cloud) },
  { api: API, method: 'POST', path: new RegExp(`^${FUNCTIONS}:generateUploadUrl$`), answer: generateUploadUrl },
  { api: API, method: 'PUT', path: /^\/upload\/(\d+)$/, answer: takeSource },
  { api: API, method: 'POST', path: new RegExp(`^${FUNCTIONS}$`), answer: create },
  { api: API, method: 'PATCH', path: new RegExp(`^${FUNCTIONS}\\/(\\w+)$`), answer: update },
  { api: API, method: 'DELETE', path: new RegExp(`^${FUNCTIONS}\\/(\\w+)$`), answer: remove },
  { api: API, method: 'GET', path: /^\/v2\/(projects\/[^/]+\/locations\/[^/]+\/operations\/[\w-]+)$/, answer: operation },
];

const Secret = z.strictObject({ key: z.string(), projectId: z.string(), secret: z.string(), version: z.string() });

/** What a function of ours is sent as. Anything else is a change of the CLI, or of ours, that somebody should look at. */
const Sent = z.strictObject({
  name: z.string(),
  labels: z.record(z.string(), z.string()),
  buildConfig: z.strictObject({
    runtime: z.literal('nodejs24'),
    entryPoint: z.string(),
    source: z.strictObject({
      storageSource: z.strictObject({ bucket: z.string(), object: z.string(), generation: z.string().optional() }),
    }),
    environmentVariables: z.record(z.string(), z.string()),
  }),
  serviceConfig: z.strictObject({
    environmentVariables: z.record(z.string(), z.string()),
    secretEnvironmentVariables: z.array(Secret).optional(),
    serviceAccountEmail: z.email(),
    availableMemory: z.string().regex(/^\d+(Mi|Gi)$/),
    availableCpu: z.string(),
    timeoutSeconds: z.int(),
    minInstanceCount: z.int(),
    maxInstanceCount: z.int(),
    maxInstanceRequestConcurrency: z.int(),
    ingressSettings: z.string().nullish(),
  }),
});

function listAll({ parts: [, location] }: Call, { resources }: Cloud): object {
  const all = resources.list(/^projects\/[^/]+\/locations\/[^/]+\/functions\/\w+$/);
  return { functions: all.filter(({ name }) => location === '-' || String(name).includes(`/locations/${location}/`)) };
}

function found(name: string, { resources }: Cloud): Resource {
  const resource = resources.get(name);
  if (!resource) throw notFound(name);
  return resource;
}

async function generateUploadUrl({ parts: [, location] }: Call, { resources, url, projectId }: Cloud): Promise<object> {
  const number = await resources.next('uploads');
  const storageSource = { bucket: `gcf-v2-uploads-${projectId}.${location}`, object: `${number}.zip` };
  return { uploadUrl: `${url}/${API}/upload/${number}?upload=1`, storageSource };
}

async function takeSource({ parts: [number], bytes }: Call, { resources, sourcesFolder }: Cloud): Promise<object> {
  const source = keepSource(bytes, sourcesFolder);
  await resources.put(`uploads/${number}.zip`, source);
  return {};
}

function create({ parts: [parent], query, body }: Call, cloud: Cloud): Promise<object> {
  const name = `${parent}/functions/${query.get('functionId')}`;
  if (cloud.resources.get(name)) throw alreadyThere(name);
  return deploy(name, parent ?? '', body, cloud);
}

function update({ path, parts: [parent], body }: Call, cloud: Cloud): Promise<object> {
  const name = path.slice('/v2/'.length);
  found(name, cloud);
  return deploy(name, parent ?? '', body, cloud);
}

async function deploy(name: string, parent: string, body: unknown, cloud: Cloud): Promise<object> {
  const sent = Sent.safeParse(body);
  if (!sent.success) throw invalid(`${name}: ${sent.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`);
  const { buildConfig, serviceConfig } = sent.data;
  checkReferences(name, sent.data, cloud);
  const digest = String(cloud.resources.get(`uploads/${buildConfig.source.storageSource.object}`)?.['digest'] ?? '');
  if (!digest) throw invalid(`${name}: no source was uploaded as ${buildConfig.source.storageSource.object}`);
  const { revision, uri } = await addRevision(
    serviceName(name),
    {
      functionName: name,
      digest,
      environment: serviceConfig.environmentVariables,
      secrets: serviceConfig.secretEnvironmentVariables ?? [],
      account: serviceConfig.serviceAccountEmail,
      timeoutS: serviceConfig.timeoutSeconds,
    },
    cloud,
  );
  const shownService = { ...serviceConfig, service: serviceName(name), revision, uri };
  const value = {
    ...sent.data,
    serviceConfig: shownService,
    state: 'ACTIVE',
    environment: 'GEN_2',
    url: uri,
    updateTime: new Date().toISOString(),
  };
  await cloud.resources.put(name, value);
  return begin(parent, value, cloud);
}

/** What Google looks at before it builds: the account and the secrets are there, and the one may read the others. */
function checkReferences(name: string, { serviceConfig }: z.output<typeof Sent>, { resources }: Cloud): void {
  const { serviceAccountEmail: account, secretEnvironmentVariables = [] } = serviceConfig;
  if (!resources.get(`accounts/${account}`)) throw invalid(`${name}: the service account ${account} does not exist`);
  for (const { projectId, secret, version } of secretEnvironmentVariables) {
    const path = `projects/${projectId}/secrets/${secret}`;
    if (!resources.get(`${path}/versions/${version}`)) throw invalid(`${name}: secret version ${path}/versions/${version} was not found`);
    const policy = JSON.stringify(resources.get(`${path}#policy`) ?? {});
    if (!policy.includes(`serviceAccount:${account}`)) throw new Refusal(403, 'PERMISSION_DENIED', `${account} may not read ${path}`);
  }
}

async function remove({ path, parts: [parent] }: Call, cloud: Cloud): Promise<object> {
  const name = path.slice('/v2/'.length);
  found(name, cloud);
  await cloud.resources.remove(name);
  await cloud.resources.remove(serviceName(name));
  return begin(parent ?? '', {}, cloud);
}

async function begin(parent: string, response: object, { resources }: Cloud): Promise<object> {
  const name = `${parent}/operations/operation-${await resources.next('operations')}`;
  return resources.put(name, { name, done: true, response });
}

function operation({ parts: [name] }: Call, cloud: Cloud): object {
  return found(name ?? '', cloud);
}
