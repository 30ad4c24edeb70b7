/** Firebase Rules: rulesets, and the release that names the one in force. @see https://firebase.google.com/docs/reference/rules/rest */
import { z } from 'zod';
import { alreadyThere, type Call, type Cloud, notFound, type Route } from './route.ts';

const API = 'firebaserules.googleapis.com';

export const rulesRoutes: Route[] = [
  { api: API, method: 'POST', path: /^\/v1\/projects\/[^/]+:test$/, answer: test },
  { api: API, method: 'GET', path: /^\/v1\/(projects\/[^/]+)\/releases$/, answer: listReleases },
  { api: API, method: 'GET', path: /^\/v1\/(projects\/[^/]+\/rulesets\/[\w-]+)$/, answer: getOne },
  { api: API, method: 'GET', path: /^\/v1\/(projects\/[^/]+\/releases\/.+)$/, answer: getOne },
  { api: API, method: 'POST', path: /^\/v1\/(projects\/[^/]+)\/rulesets$/, answer: createRuleset },
  { api: API, method: 'POST', path: /^\/v1\/projects\/[^/]+\/releases$/, answer: createRelease },
  { api: API, method: 'PATCH', path: /^\/v1\/(projects\/[^/]+\/releases\/.+)$/, answer: updateRelease },
];

const Source = z.object({ files: z.array(z.object({ name: z.string(), content: z.string() })).min(1) });

/** The emulator compiles the rules in the other tests; here it is enough that something was sent. */
function test({ body }: Call): object {
  z.object({ source: Source }).parse(body);
  return { issues: [] };
}

function listReleases({ parts: [project] }: Call, { resources }: Cloud): object {
  return { releases: resources.list(new RegExp(`^${project}/releases/`)) };
}

function getOne({ parts: [name = ''] }: Call, { resources }: Cloud): object {
  const found = resources.get(name);
  if (!found) throw notFound(name);
  return found;
}

async function createRuleset({ parts: [project], body }: Call, { resources }: Cloud): Promise<object> {
  const source = Source.parse(body['source']);
  const name = `${project}/rulesets/ruleset-${await resources.next('rulesets')}`;
  return resources.put(name, { name, source, createTime: new Date().toISOString() });
}

const Release = z.object({ name: z.string(), rulesetName: z.string() });

function createRelease({ body }: Call, cloud: Cloud): Promise<object> {
  const release = Release.parse(body);
  if (cloud.resources.get(release.name)) throw alreadyThere(release.name);
  return put(release, cloud);
}

/** The CLI wraps it as the API wants it: `{ release: { name, rulesetName } }`. */
function updateRelease({ parts: [name = ''], body }: Call, cloud: Cloud): Promise<object> {
  const release = Release.parse(body['release']);
  if (!cloud.resources.get(name)) throw notFound(name);
  return put({ ...release, name }, cloud);
}

function put(release: z.output<typeof Release>, { resources }: Cloud): Promise<object> {
  if (!resources.get(release.rulesetName)) throw notFound(release.rulesetName);
  return resources.put(release.name, { ...release, updateTime: new Date().toISOString() });
}
