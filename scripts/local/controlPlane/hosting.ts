/** Firebase Hosting: versions with their files, and the release that shows one. @see https://firebase.google.com/docs/reference/hosting/rest */
import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Call, type Cloud, invalid, notFound, type Route } from './route.ts';

const API = 'firebasehosting.googleapis.com';
const VERSION = '((?:projects\\/[^/]+\\/)?sites\\/[^/]+\\/versions\\/[\\w-]+)';

export const hostingRoutes: Route[] = [
  { api: API, method: 'GET', path: /^\/v1beta1\/projects\/([^/]+)\/sites$/, answer: sites },
  {
    api: API,
    method: 'GET',
    path: /^\/v1beta1\/projects\/([^/]+)\/sites\/([^/]+)$/,
    answer: ({ parts: [project, site] }) => siteOf(project, site),
  },
  { api: API, method: 'POST', path: /^\/v1beta1\/(?:projects\/[^/]+\/)?(sites\/[^/]+)\/versions$/, answer: createVersion },
  { api: API, method: 'POST', path: new RegExp(`^\\/v1beta1\\/${VERSION}:populateFiles$`), answer: populate },
  { api: 'upload-firebasehosting.googleapis.com', method: 'POST', path: /^\/upload\/([a-f0-9]{64})$/, answer: takeFile },
  { api: API, method: 'PATCH', path: new RegExp(`^\\/v1beta1\\/${VERSION}$`), answer: change },
  { api: API, method: 'GET', path: new RegExp(`^\\/v1beta1\\/${VERSION}$`), answer: get },
  { api: API, method: 'POST', path: /^\/v1beta1\/(?:projects\/[^/]+\/)?(sites\/[^/]+)\/(?:channels\/live\/)?releases$/, answer: release },
  { api: API, method: 'GET', path: /^\/v1beta1\/(?:projects\/[^/]+\/)?(sites\/[^/]+)\/(?:channels\/live\/)?releases$/, answer: releases },
];

function siteOf(project = '', site = ''): object {
  return { name: `projects/${project}/sites/${site}`, defaultUrl: `https://${site}.web.app`, type: 'DEFAULT_SITE' };
}

function sites({ parts: [project] }: Call): object {
  return { sites: [siteOf(project, project)] };
}

/** Rewrites name functions; each must be there, or the site would answer with errors. */
async function createVersion({ parts: [site], body }: Call, { resources }: Cloud): Promise<object> {
  const config = z
    .object({ status: z.string().optional(), config: z.looseObject({}).optional(), labels: z.record(z.string(), z.string()).optional() })
    .parse(body);
  const name = `${site}/versions/version-${await resources.next('versions')}`;
  return resources.put(name, { name, status: 'CREATED', ...config });
}

const short = (name = '') => name.replace(/^projects\/[^/]+\//, '');

function get({ parts: [name] }: Call, { resources }: Cloud): Record<string, unknown> {
  const found = resources.get(short(name));
  if (!found) throw notFound(short(name));
  return found;
}

async function populate(call: Call, cloud: Cloud): Promise<object> {
  const { files } = z.object({ files: z.record(z.string().startsWith('/'), z.string().regex(/^[a-f0-9]{64}$/)) }).parse(call.body);
  const version = get(call, cloud);
  const all = { ...z.record(z.string(), z.string()).catch({}).parse(version['files']), ...files };
  await cloud.resources.put(short(call.parts[0]), { ...version, files: all });
  const uploadRequiredHashes = [...new Set(Object.values(files))].filter((hash) => !existsSync(join(cloud.hostingFolder, hash)));
  return { uploadUrl: `${cloud.url}/upload-firebasehosting.googleapis.com/upload`, uploadRequiredHashes };
}

function takeFile({ parts: [hash = ''], bytes }: Call, { hostingFolder }: Cloud): object {
  if (createHash('sha256').update(bytes).digest('hex') !== hash) throw invalid('The file is not the one that was announced.');
  writeFileSync(join(hostingFolder, hash), bytes);
  return {};
}

function change(call: Call, cloud: Cloud): Promise<object> {
  const wish = z.object({ status: z.enum(['FINALIZED', 'CREATED']).optional(), config: z.looseObject({}).optional() }).parse(call.body);
  return cloud.resources.put(short(call.parts[0]), { ...get(call, cloud), ...wish, name: short(call.parts[0]) });
}

async function release({ parts: [site], query, body }: Call, cloud: Cloud): Promise<object> {
  const versionName = short(query.get('versionName') ?? '');
  const version = cloud.resources.get(versionName);
  if (version?.['status'] !== 'FINALIZED') throw invalid(`${versionName} is not finalized`);
  const name = `${site}/releases/release-${await cloud.resources.next('hostingReleases')}`;
  const type = z.object({ type: z.string().optional() }).parse(body).type ?? 'DEPLOY';
  return cloud.resources.put(name, {
    name,
    version: { name: versionName, config: version['config'] },
    type,
    releaseTime: new Date().toISOString(),
  });
}

/** The newest first. */
function releases({ parts: [site] }: Call, { resources }: Cloud): object {
  return { releases: resources.list(new RegExp(`^${site}/releases/`)).reverse() };
}
