/** What stands around a project: Resource Manager, Service Usage, Billing, and what the firebase CLI asks of Firebase itself. */
import { z } from 'zod';
import { type Call, type Cloud, invalid, notFound, type Route } from './route.ts';

const MANAGER = 'cloudresourcemanager.googleapis.com';
const USAGE = 'serviceusage.googleapis.com';
const PROJECT_NUMBER = '123456789012';

export const projectRoutes: Route[] = [
  {
    api: 'oauth2.googleapis.com',
    method: 'POST',
    path: /^\/oauth2\/v3\/token$/,
    answer: () => ({
      access_token: 'rehearsal',
      expires_in: 3600,
      token_type: 'Bearer',
      scope: 'https://www.googleapis.com/auth/cloud-platform',
    }),
  },
  { api: 'firebase.googleapis.com', method: 'GET', path: /^\/v1beta1\/projects\/([^/]+)$/, answer: project },
  { api: 'firebase.googleapis.com', method: 'GET', path: /^\/v1beta1\/projects\/([^/]+)\/adminSdkConfig$/, answer: adminConfig },
  { api: 'runtimeconfig.googleapis.com', method: 'GET', path: /^\/v1beta1\/projects\/[^/]+\/configs$/, answer: () => ({}) },
  { api: MANAGER, method: 'GET', path: /^\/v1\/projects\/([^/]+)$/, answer: project },
  { api: MANAGER, method: 'POST', path: /^\/v1\/projects\/([^/]+):testIamPermissions$/, answer: permissions },
  { api: MANAGER, method: 'POST', path: /^\/v1\/projects\/([^/]+):getIamPolicy$/, answer: getPolicy },
  { api: MANAGER, method: 'POST', path: /^\/v1\/projects\/([^/]+):setIamPolicy$/, answer: setPolicy },
  { api: USAGE, method: 'GET', path: /^\/v1\/projects\/([^/]+)\/services\/(.+)$/, answer: service },
  { api: USAGE, method: 'GET', path: /^\/v1\/projects\/([^/]+)\/services$/, answer: enabled },
  { api: USAGE, method: 'POST', path: /^\/v1\/projects\/([^/]+)\/services:batchEnable$/, answer: enable },
  {
    api: USAGE,
    method: 'POST',
    path: /^\/v1beta1\/projects\/[^/]+\/services\/([^/]+):generateServiceIdentity$/,
    answer: ({ parts: [name] }) => ({
      name: 'operations/identity',
      done: true,
      response: { email: `service-${PROJECT_NUMBER}@gcp-sa-${name?.split('.')[0]}.iam.gserviceaccount.com` },
    }),
  },
  {
    api: 'cloudbilling.googleapis.com',
    method: 'GET',
    path: /^\/v1\/projects\/([^/]+)\/billingInfo$/,
    answer: ({ parts: [name] }) => ({ projectId: name, billingAccountName: 'billingAccounts/000000-000000-000000', billingEnabled: true }),
  },
];

function known(asked: string | undefined, { projectId }: Cloud): string {
  if (asked !== projectId && asked !== PROJECT_NUMBER) throw notFound(`projects/${asked}`);
  return projectId;
}

function project({ parts: [name] }: Call, cloud: Cloud): object {
  const projectId = known(name, cloud);
  const resources = { hostingSite: projectId };
  return {
    projectId,
    projectNumber: PROJECT_NUMBER,
    name: projectId,
    displayName: projectId,
    lifecycleState: 'ACTIVE',
    state: 'ACTIVE',
    resources,
  };
}

function adminConfig({ parts: [name] }: Call, cloud: Cloud): object {
  return { projectId: known(name, cloud) };
}

function permissions({ parts: [name], body }: Call, cloud: Cloud): object {
  known(name, cloud);
  return { permissions: z.object({ permissions: z.array(z.string()).min(1) }).parse(body).permissions };
}

function getPolicy({ parts: [name] }: Call, cloud: Cloud): object {
  return cloud.resources.get(`projects/${known(name, cloud)}#policy`) ?? { etag: 'none', bindings: [] };
}

const Policy = z.object({
  bindings: z.array(z.object({ role: z.string().startsWith('roles/'), members: z.array(z.string()).min(1) })),
  etag: z.string(),
});

/** Two who change it at once: the second is refused, as its etag is an old one. */
async function setPolicy(call: Call, cloud: Cloud): Promise<object> {
  const policy = Policy.parse(call.body['policy']);
  const before = Policy.parse(getPolicy(call, cloud));
  if (policy.etag !== before.etag) throw invalid('There were concurrent policy changes.');
  const tooMuch = policy.bindings.find(({ role }) => /^roles\/(owner|editor)$/.test(role));
  if (tooMuch) throw invalid(`${tooMuch.role} is far more than a function needs`);
  return cloud.resources.put(`projects/${cloud.projectId}#policy`, { ...policy, etag: `etag-${await cloud.resources.next('etags')}` });
}

/** The CLI names an API after the address at which it asks it: in a rehearsal, that is this server's. */
function service({ parts: [name, api] }: Call, cloud: Cloud): object {
  const isOn = api?.startsWith('127.0.0.1') || cloud.resources.get(`services/${api}`) !== undefined;
  return { name: `projects/${known(name, cloud)}/services/${api}`, state: isOn ? 'ENABLED' : 'DISABLED' };
}

function enabled(_call: Call, { resources }: Cloud): object {
  return { services: resources.list(/^services\//).map(({ api }) => ({ config: { name: api }, state: 'ENABLED' })) };
}

async function enable({ body }: Call, { resources }: Cloud): Promise<object> {
  const { serviceIds } = z.object({ serviceIds: z.array(z.string().endsWith('.googleapis.com')).min(1).max(20) }).parse(body);
  for (const api of serviceIds) await resources.put(`services/${api}`, { api });
  return { name: 'operations/enable', done: true };
}
