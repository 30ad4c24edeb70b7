/** Secret Manager. @see https://cloud.google.com/secret-manager/docs/reference/rest */
import { z } from 'zod';
import { crc32c } from '../objectStore/crc32c.ts';
import { alreadyThere, type Call, type Cloud, invalid, notFound, type Route } from './route.ts';

const API = 'secretmanager.googleapis.com';
const SECRET = '(projects\\/[^/]+\\/secrets\\/[\\w-]+)';

export const secretManagerRoutes: Route[] = [
  { api: API, method: 'GET', path: /^\/v1\/projects\/([^/]+)\/secrets$/, answer: list },
  { api: API, method: 'GET', path: new RegExp(`^\\/v1\\/${SECRET}$`), answer: ({ parts: [name] }, cloud) => found(name ?? '', cloud) },
  { api: API, method: 'POST', path: /^\/v1\/(projects\/[^/]+)\/secrets$/, answer: create },
  { api: API, method: 'POST', path: new RegExp(`^\\/v1\\/${SECRET}:addVersion$`), answer: addVersion },
  { api: API, method: 'GET', path: new RegExp(`^\\/v1\\/${SECRET}\\/versions$`), answer: listVersions },
  { api: API, method: 'GET', path: new RegExp(`^\\/v1\\/${SECRET}\\/versions\\/(latest|\\d+)$`), answer: version },
  { api: API, method: 'GET', path: new RegExp(`^\\/v1\\/${SECRET}\\/versions\\/(latest|\\d+):access$`), answer: access },
  { api: API, method: 'GET', path: new RegExp(`^\\/v1\\/${SECRET}:getIamPolicy$`), answer: getPolicy },
  { api: API, method: 'POST', path: new RegExp(`^\\/v1\\/${SECRET}:setIamPolicy$`), answer: setPolicy },
];

function found(name: string, { resources }: Cloud): object {
  const resource = resources.get(name);
  if (!resource) throw notFound(name);
  return resource;
}

function list({ parts: [project] }: Call, { resources }: Cloud): object {
  return { secrets: resources.list(new RegExp(`^projects/${project}/secrets/[\\w-]+$`)) };
}

function create({ parts: [parent], query, body }: Call, { resources }: Cloud): Promise<object> {
  const name = `${parent}/secrets/${query.get('secretId')}`;
  if (resources.get(name)) throw alreadyThere(name);
  const { replication } = z
    .object({ replication: z.object({ userManaged: z.object({ replicas: z.array(z.object({ location: z.string() })).length(1) }) }) })
    .parse(body);
  return resources.put(name, { name, replication, versions: 0 });
}

async function addVersion({ parts: [name = ''], body }: Call, cloud: Cloud): Promise<object> {
  const { payload } = z.object({ payload: z.object({ data: z.base64() }) }).parse(body);
  if (payload.data.length > 88_000) throw invalid('The payload is larger than 64 KiB.');
  const secret = z.object({ versions: z.number() }).parse(found(name, cloud));
  const number = secret.versions + 1;
  await cloud.resources.put(`${name}/versions/${number}`, {
    name: `${name}/versions/${number}`,
    state: 'ENABLED',
    createTime: new Date().toISOString(),
  });
  await cloud.resources.put(`${name}/versions/${number}#payload`, { data: payload.data });
  await cloud.resources.put(name, { ...found(name, cloud), versions: number });
  return { name: `${name}/versions/${number}`, state: 'ENABLED' };
}

function listVersions({ parts: [name = ''] }: Call, cloud: Cloud): object {
  found(name, cloud);
  return { versions: cloud.resources.list(new RegExp(`^${name}/versions/\\d+$`)).reverse() };
}

function version({ parts: [name = '', number = ''] }: Call, cloud: Cloud): object {
  return found(`${name}/versions/${numberOf(name, number, cloud)}`, cloud);
}

function access({ parts: [name = '', number = ''] }: Call, cloud: Cloud): object {
  const path = `${name}/versions/${numberOf(name, number, cloud)}`;
  const { data } = z.object({ data: z.string() }).parse(found(`${path}#payload`, cloud));
  return { name: path, payload: { data, dataCrc32c: String(crc32c(Buffer.from(data, 'base64'), 0)) } };
}

function numberOf(name: string, number: string, cloud: Cloud): string {
  if (number !== 'latest') return number;
  const { versions } = z.object({ versions: z.number() }).parse(found(name, cloud));
  if (versions === 0) throw notFound(`${name}/versions/latest`);
  return String(versions);
}

function getPolicy({ parts: [name = ''] }: Call, cloud: Cloud): object {
  found(name, cloud);
  return cloud.resources.get(`${name}#policy`) ?? { etag: 'none' };
}

function setPolicy({ parts: [name = ''], body }: Call, cloud: Cloud): Promise<object> {
  found(name, cloud);
  const { policy } = z
    .object({
      policy: z.object({
        bindings: z.array(z.object({ role: z.literal('roles/secretmanager.secretAccessor'), members: z.array(z.string()) })),
      }),
    })
    .parse(body);
  return cloud.resources.put(`${name}#policy`, policy);
}
