/** Firestore's administration: databases, indexes, TTL. @see https://cloud.google.com/firestore/docs/reference/rest/v1/projects.databases */
import { z } from 'zod';
import { alreadyThere, type Call, type Cloud, notFound, type Route } from './route.ts';

const API = 'firestore.googleapis.com';
const DATABASE = '(projects\\/[^/]+\\/databases\\/\\(default\\))';
const GROUP = `${DATABASE}\\/collectionGroups\\/(-|\\w+)`;

export const firestoreAdminRoutes: Route[] = [
  { api: API, method: 'GET', path: new RegExp(`^\\/v1\\/${DATABASE}$`), answer: get },
  { api: API, method: 'GET', path: /^\/v1\/(projects\/[^/]+)\/databases$/, answer: list },
  { api: API, method: 'POST', path: /^\/v1\/(projects\/[^/]+)\/databases$/, answer: create },
  { api: API, method: 'GET', path: new RegExp(`^\\/v1\\/${GROUP}\\/indexes$`), answer: indexes },
  { api: API, method: 'POST', path: new RegExp(`^\\/v1\\/${GROUP}\\/indexes$`), answer: createIndex },
  { api: API, method: 'DELETE', path: new RegExp(`^\\/v1\\/(${GROUP}\\/indexes\\/[\\w-]+)$`), answer: remove },
  { api: API, method: 'GET', path: new RegExp(`^\\/v1\\/${GROUP}\\/fields$`), answer: fields },
  { api: API, method: 'PATCH', path: new RegExp(`^\\/v1\\/(${GROUP}\\/fields\\/[\\w*.]+)$`), answer: changeField },
];

function get({ parts: [name = ''] }: Call, { resources }: Cloud): object {
  const found = resources.get(name);
  if (!found) throw notFound(name);
  return found;
}

function list({ parts: [project] }: Call, { resources }: Cloud): object {
  return { databases: resources.list(new RegExp(`^${project}/databases/[^/]+$`)) };
}

async function create({ parts: [project], query, body }: Call, { resources }: Cloud): Promise<object> {
  const name = `${project}/databases/${query.get('databaseId')}`;
  if (resources.get(name)) throw alreadyThere(name);
  const wish = z.object({ type: z.literal('FIRESTORE_NATIVE'), locationId: z.string(), deleteProtectionState: z.string() }).parse(body);
  await resources.put(name, { name, ...wish });
  return { name: `${name}/operations/create`, done: true };
}

function indexes({ parts: [database, group] }: Call, { resources }: Cloud): object {
  const ofGroup = group === '-' ? '\\w+' : group;
  const all = resources.list(new RegExp(`^${escaped(database)}/collectionGroups/${ofGroup}/indexes/`));
  return { indexes: all };
}

async function createIndex({ parts: [database, group], body }: Call, { resources }: Cloud): Promise<object> {
  const wish = z
    .object({ queryScope: z.enum(['COLLECTION', 'COLLECTION_GROUP']), fields: z.array(z.looseObject({ fieldPath: z.string() })).min(1) })
    .parse(body);
  const name = `${database}/collectionGroups/${group}/indexes/index-${await resources.next('indexes')}`;
  await resources.put(name, { name, ...wish, state: 'READY' });
  return { name: `${name}/operations/create`, done: false };
}

async function remove({ parts: [name = ''] }: Call, { resources }: Cloud): Promise<object> {
  await resources.remove(name);
  return {};
}

function fields({ parts: [database] }: Call, { resources }: Cloud): object {
  return { fields: resources.list(new RegExp(`^${escaped(database)}/collectionGroups/\\w+/fields/`)) };
}

async function changeField({ parts: [name = ''], body }: Call, { resources }: Cloud): Promise<object> {
  const { ttlConfig, indexConfig } = z
    .object({ ttlConfig: z.object({}).optional(), indexConfig: z.looseObject({}).optional() })
    .parse(body);
  const state = ttlConfig ? { ttlConfig: { state: 'ACTIVE' } } : {};
  await resources.put(name, { ...resources.get(name), name, ...state, ...(indexConfig ? { indexConfig } : {}) });
  return { name: `${name}/operations/change`, done: false };
}

function escaped(text = ''): string {
  return text.replace(/[()]/g, '\\$&');
}
