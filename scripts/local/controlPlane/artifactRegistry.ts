/** Artifact Registry, where the functions' images lie. @see https://cloud.google.com/artifact-registry/docs/reference/rest */
import { z } from 'zod';
import { alreadyThere, type Call, type Cloud, notFound, type Route } from './route.ts';

const API = 'artifactregistry.googleapis.com';
const REPOSITORY = /^\/v1\/(projects\/[^/]+\/locations\/[^/]+\/repositories\/[\w-]+)$/;

export const artifactRegistryRoutes: Route[] = [
  { api: API, method: 'GET', path: REPOSITORY, answer: get },
  { api: API, method: 'POST', path: /^\/v1\/(projects\/[^/]+\/locations\/[^/]+)\/repositories$/, answer: create },
  { api: API, method: 'PATCH', path: REPOSITORY, answer: update },
];

function get({ parts: [name = ''] }: Call, { resources }: Cloud): object {
  const found = resources.get(name);
  if (!found) throw notFound(name);
  return found;
}

async function create({ parts: [parent], query, body }: Call, { resources }: Cloud): Promise<object> {
  const name = `${parent}/repositories/${query.get('repositoryId')}`;
  if (resources.get(name)) throw alreadyThere(name);
  const { format } = z.object({ format: z.literal('DOCKER') }).parse(body);
  await resources.put(name, { name, format });
  return { name: `${parent}/operations/repository`, done: true };
}

const Policy = z.object({ id: z.string(), action: z.enum(['DELETE', 'KEEP']) });

function update(call: Call, cloud: Cloud): Promise<object> {
  const { cleanupPolicies } = z.object({ cleanupPolicies: z.record(z.string(), Policy.loose()) }).parse(call.body);
  return cloud.resources.put(call.parts[0] ?? '', { ...get(call, cloud), cleanupPolicies });
}
