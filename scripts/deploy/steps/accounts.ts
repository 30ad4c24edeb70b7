/** The APIs, the functions' accounts and what these may do in the project. */
import { z } from 'zod';
import { ACCOUNTS, type AccountName, emailOf } from '../accounts.ts';
import type { Deployment, Step } from '../step.ts';

const APIS = [
  'artifactregistry',
  'billingbudgets',
  'cloudbuild',
  'cloudfunctions',
  'cloudresourcemanager',
  'cloudscheduler',
  'eventarc',
  'firebase',
  'firebasehosting',
  'firebaserules',
  'firestore',
  'iam',
  'iamcredentials',
  'identitytoolkit',
  'logging',
  'monitoring',
  'pubsub',
  'run',
  'secretmanager',
  'storage',
].map((name) => `${name}.googleapis.com`);

const USAGE = 'serviceusage.googleapis.com';
const IAM = 'iam.googleapis.com';
const MANAGER = 'cloudresourcemanager.googleapis.com';
const NAMES = Object.keys(ACCOUNTS) as AccountName[];

export const accounts: Step = {
  name: 'accounts',
  title: { en: 'APIs and service accounts', ko: 'API와 서비스 계정' },
  async plan(deployment) {
    const [apis, missing, policy] = [await absentApis(deployment), await absentAccounts(deployment), await policyOf(deployment)];
    const bindings = wantedBindings(deployment.target.projectId).filter(({ role, member }) => !holds(policy, role, member));
    return [
      ...(apis.length > 0 ? [`enables ${apis.length} APIs`] : []),
      ...missing.map((name) => `makes the account sori-${name}`),
      ...(bindings.length > 0 ? [`gives ${bindings.length} roles`] : []),
    ];
  },
  async run(deployment) {
    const planned = await this.plan(deployment);
    const { google, projectId } = deployment.target;
    const apis = await absentApis(deployment);
    // The API takes twenty at once.
    for (let start = 0; start < apis.length; start += 20) {
      await google.operate(USAGE, `/v1/projects/${projectId}/services:batchEnable`, 'v1', {
        body: { serviceIds: apis.slice(start, start + 20) },
      });
    }
    for (const name of await absentAccounts(deployment)) {
      const body = { accountId: `sori-${name}`, serviceAccount: { displayName: ACCOUNTS[name].displayName } };
      await google.ask(IAM, `/v1/projects/${projectId}/serviceAccounts`, z.object({}), { method: 'POST', body });
    }
    await giveRoles(deployment);
    if (!deployment.target.settings['GCS_KEY_SECRET']) for (const name of NAMES) await letSign(emailOf(name, projectId), deployment);
    return planned;
  },
};

async function absentApis({ target: { google, projectId } }: Deployment): Promise<string[]> {
  const List = z.object({ services: z.array(z.object({ config: z.object({ name: z.string() }) })).default([]) });
  const query = { filter: 'state:ENABLED', pageSize: '200' };
  const { services } = await google.ask(USAGE, `/v1/projects/${projectId}/services`, List, { query });
  const enabled = new Set(services.map(({ config }) => config.name));
  return APIS.filter((api) => !enabled.has(api));
}

async function absentAccounts({ target: { google, projectId } }: Deployment): Promise<AccountName[]> {
  const found = await Promise.all(
    NAMES.map((name) => google.find(IAM, `/v1/projects/${projectId}/serviceAccounts/${emailOf(name, projectId)}`, z.object({}))),
  );
  return NAMES.filter((_, index) => found[index] === undefined);
}

const Policy = z.looseObject({
  etag: z.string().optional(),
  bindings: z
    .array(z.looseObject({ role: z.string(), members: z.array(z.string()).default([]), condition: z.unknown().optional() }))
    .default([]),
});
type Policy = z.output<typeof Policy>;

/** The third version carries conditions: read without them, they would be lost in writing. */
function policyOf({ target: { google, projectId } }: Deployment): Promise<Policy> {
  const body = { options: { requestedPolicyVersion: 3 } };
  return google.ask(MANAGER, `/v1/projects/${projectId}:getIamPolicy`, Policy, { method: 'POST', body });
}

function wantedBindings(projectId: string): { role: string; member: string }[] {
  return NAMES.flatMap((name) => ACCOUNTS[name].roles.map((role) => ({ role, member: `serviceAccount:${emailOf(name, projectId)}` })));
}

function holds({ bindings }: Policy, role: string, member: string): boolean {
  return bindings.some((binding) => binding.role === role && !binding.condition && binding.members.includes(member));
}

/** Without a storage key, signed addresses are signed by the account itself, and for that it has to be named on itself. */
async function letSign(email: string, { target: { google, projectId } }: Deployment): Promise<void> {
  const path = `/v1/projects/${projectId}/serviceAccounts/${email}`;
  const policy = await google.ask(IAM, `${path}:getIamPolicy`, Policy, { method: 'POST', body: {} });
  const [role, member] = ['roles/iam.serviceAccountTokenCreator', `serviceAccount:${email}`];
  if (holds(policy, role, member)) return;
  const bindings = [...policy.bindings, { role, members: [member] }];
  await google.ask(IAM, `${path}:setIamPolicy`, z.object({}), { method: 'POST', body: { policy: { ...policy, bindings } } });
}

/** Adds, and takes nothing from anybody. Whoever changes the policy at the same time wins; the next run adds it again. */
async function giveRoles(deployment: Deployment): Promise<void> {
  const { google, projectId } = deployment.target;
  const policy = await policyOf(deployment);
  const lacking = wantedBindings(projectId).filter(({ role, member }) => !holds(policy, role, member));
  if (lacking.length === 0) return;
  for (const { role, member } of lacking) {
    const binding = policy.bindings.find((found) => found.role === role && !found.condition);
    if (binding) binding.members.push(member);
    else policy.bindings.push({ role, members: [member] });
  }
  await google.ask(MANAGER, `/v1/projects/${projectId}:setIamPolicy`, z.object({}), { method: 'POST', body: { policy } });
}
