/**
 * Cloud Run: services, their revisions and which of these gets the traffic.
 *
 * @see https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services
 */
import { z } from 'zod';
import { type Call, type Cloud, invalid, notFound, type Route } from './route.ts';

const API = 'run.googleapis.com';
const SERVICE = /^\/v2\/(projects\/[^/]+\/locations\/[^/]+\/services\/[a-z0-9-]+)$/;

const REVISION = /^\/v2\/(projects\/[^/]+\/locations\/[^/]+\/services\/[a-z0-9-]+\/revisions\/[a-z0-9-]+)$/;

export const runRoutes: Route[] = [
  { api: API, method: 'GET', path: SERVICE, answer: ({ parts: [name] }, cloud) => service(name ?? '', cloud) },
  { api: API, method: 'GET', path: /^\/v2\/(projects\/[^/]+\/locations\/[^/]+)\/services$/, answer: list },
  { api: API, method: 'PATCH', path: SERVICE, answer: shiftTraffic },
  { api: API, method: 'GET', path: REVISION, answer: revision },
  { api: API, method: 'DELETE', path: REVISION, answer: removeRevision },
  { api: API, method: 'GET', path: /^\/v1\/(projects\/[^/]+\/locations\/[^/]+\/services\/[a-z0-9-]+):getIamPolicy$/, answer: getPolicy },
  { api: API, method: 'POST', path: /^\/v1\/(projects\/[^/]+\/locations\/[^/]+\/services\/[a-z0-9-]+):setIamPolicy$/, answer: setPolicy },
];

const Traffic = z.array(
  z.strictObject({
    type: z.enum(['TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION']),
    revision: z.string().optional(),
    percent: z.literal(100),
  }),
);

export const Revision = z.object({
  name: z.string(),
  functionName: z.string(),
  digest: z.string(),
  environment: z.record(z.string(), z.string()),
  secrets: z.array(z.object({ key: z.string(), projectId: z.string(), secret: z.string(), version: z.string() })),
  account: z.string(),
  timeoutS: z.number(),
});
export type Revision = z.output<typeof Revision>;

const Service = z.looseObject({ name: z.string(), latestReadyRevision: z.string(), traffic: Traffic, uri: z.string() });

/** Cloud Run lower-cases the names of functions. */
export function serviceName(functionName: string): string {
  const [parent, name = ''] = functionName.split('/functions/');
  return `${parent}/services/${name.toLowerCase()}`;
}

/** A new one serves at once, unless the traffic was bound to another revision: then it waits until somebody shifts it. */
export async function addRevision(name: string, wanted: Omit<Revision, 'name'>, { resources, projectId }: Cloud) {
  const short = name.slice(name.lastIndexOf('/') + 1);
  const number = String(await resources.next(`revisions-${short}`)).padStart(5, '0');
  const revisionName = `${short}-${number}-sor`;
  await resources.put(`${name}/revisions/${revisionName}`, { ...wanted, name: `${name}/revisions/${revisionName}` });
  const before = resources.get(name);
  const latest = [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 100 }];
  const uri = `https://${short}-${projectId}.a.run.app`;
  await resources.put(name, {
    name,
    uri,
    latestReadyRevision: `${name}/revisions/${revisionName}`,
    traffic: before?.['traffic'] ?? latest,
  });
  return { revision: revisionName, uri };
}

/** Which revision answers now. */
export function servingRevision(name: string, { resources }: Pick<Cloud, 'resources'>): Revision | undefined {
  const found = Service.safeParse(resources.get(name)).data;
  if (!found) return undefined;
  const [target] = found.traffic;
  const serving = target?.revision ? `${name}/revisions/${target.revision}` : found.latestReadyRevision;
  return Revision.safeParse(resources.get(serving)).data;
}

function service(name: string, { resources }: Cloud): z.output<typeof Service> {
  const found = Service.safeParse(resources.get(name)).data;
  if (!found) throw notFound(name);
  return found;
}

function list({ parts: [parent] }: Call, { resources }: Cloud): object {
  return { services: resources.list(new RegExp(`^${parent}/services/[a-z0-9-]+$`)) };
}

async function shiftTraffic({ parts: [name = ''], query, body }: Call, cloud: Cloud): Promise<object> {
  if (query.get('updateMask') !== 'traffic') throw invalid('only the traffic of a service is changed by hand');
  const traffic = Traffic.parse(body['traffic']);
  for (const { revision: wanted } of traffic) {
    const missing = wanted !== undefined && !cloud.resources.get(`${name}/revisions/${wanted}`);
    if (missing) throw invalid(`Revision '${wanted}' was not found`);
  }
  const changed = await cloud.resources.put(name, { ...service(name, cloud), traffic });
  return { name: `${name}/operations/shift`, done: true, response: changed };
}

function revision({ parts: [name = ''] }: Call, { resources }: Cloud): object {
  const found = Revision.safeParse(resources.get(name)).data;
  if (!found) throw notFound(name);
  return { name: found.name, containers: [{ image: `gcf-artifacts/${found.digest}` }] };
}

/** As when the clean-up policy has deleted its image. */
async function removeRevision({ parts: [name = ''] }: Call, { resources }: Cloud): Promise<object> {
  await resources.remove(name);
  return { name: `${name}/operations/delete`, done: true };
}

/** Whether everybody may call the service; if not, whoever calls has to say who he is, and the function looks at it. */
export function isPublic(name: string, { resources }: Pick<Cloud, 'resources'>): boolean {
  const { bindings } = Bindings.parse(resources.get(`${name}#policy`) ?? {});
  return bindings.some(({ role, members }) => role === 'roles/run.invoker' && members.includes('allUsers'));
}

const Bindings = z.object({ bindings: z.array(z.object({ role: z.string(), members: z.array(z.string()) })).default([]) });

function getPolicy({ parts: [name] }: Call, { resources }: Cloud): object {
  return resources.get(`${name}#policy`) ?? {};
}

function setPolicy({ parts: [name], body }: Call, { resources }: Cloud): Promise<object> {
  const { policy } = z.object({ policy: z.looseObject({}) }).parse(body);
  return resources.put(`${name}#policy`, policy);
}
