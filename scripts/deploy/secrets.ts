/** Secrets in Secret Manager: which are there, and new versions of them. No text of a secret comes back out of here. */
import { z } from 'zod';
import { SECRET_SETTINGS, type SecretSetting } from '#shared/runtime';
import type { Deployment } from './step.ts';

const HOST = 'secretmanager.googleapis.com';
const Version = z.object({ name: z.string(), state: z.string() });

type Where = Pick<Deployment, 'target'>;

/** The newest version of each setting that Secret Manager holds. */
export async function secretVersions(where: Where): Promise<Partial<Record<SecretSetting, string>>> {
  const found = await Promise.all(SECRET_SETTINGS.map(async (name) => [name, await newestVersion(name, where)] as const));
  return Object.fromEntries(found.flatMap(([name, version]) => (version ? [[name, version]] : [])));
}

/** Its number; nothing when there is no secret, or it has no version. */
async function newestVersion(secret: string, { target }: Where): Promise<string | undefined> {
  const found = await target.google.find(HOST, `${pathOf(secret, target)}/versions/latest`, Version);
  return found?.state === 'ENABLED' ? found.name.split('/').at(-1) : undefined;
}

/** The newest text of a secret, for whoever has to say whether it is sound. Never printed. */
export async function secretText(secret: string, { target }: Where): Promise<string | undefined> {
  const Accessed = z.object({ payload: z.object({ data: z.base64() }) });
  const found = await target.google.find(HOST, `${pathOf(secret, target)}/versions/latest:access`, Accessed);
  return found && Buffer.from(found.payload.data, 'base64').toString();
}

/** Kept in the service's own region, as everything else. @returns the number of the version */
export async function addVersion(secret: string, text: string, { target }: Where): Promise<string> {
  await createSecret(secret, { target });
  const body = { payload: { data: Buffer.from(text).toString('base64') } };
  const { name } = await target.google.ask(HOST, `${pathOf(secret, target)}:addVersion`, Version, { method: 'POST', body });
  return name.split('/').at(-1) ?? '';
}

export async function createSecret(secret: string, { target }: Where): Promise<void> {
  const { google, projectId, region } = target;
  if (await google.find(HOST, pathOf(secret, target), z.object({}))) return;
  const body = { replication: { userManaged: { replicas: [{ location: region }] } } };
  await google.ask(HOST, `/v1/projects/${projectId}/secrets`, z.object({}), { method: 'POST', query: { secretId: secret }, body });
}

const Policy = z.looseObject({
  etag: z.string().optional(),
  bindings: z.array(z.object({ role: z.string(), members: z.array(z.string()) })).default([]),
});
const READER = 'roles/secretmanager.secretAccessor';

/** Lets these accounts read it, besides those who may already. */
export async function grantReading(secret: string, accounts: string[], { target }: Where): Promise<void> {
  const path = pathOf(secret, target);
  const policy = await target.google.ask(HOST, `${path}:getIamPolicy`, Policy);
  const wanted = accounts.map((account) => `serviceAccount:${account}`);
  const members = policy.bindings.find(({ role }) => role === READER)?.members ?? [];
  if (wanted.every((member) => members.includes(member))) return;
  const others = policy.bindings.filter(({ role }) => role !== READER);
  const bindings = [...others, { role: READER, members: [...new Set([...members, ...wanted])] }];
  await target.google.ask(HOST, `${path}:setIamPolicy`, Policy, { method: 'POST', body: { policy: { ...policy, bindings } } });
}

function pathOf(secret: string, { projectId }: { projectId: string }): string {
  return `/v1/projects/${projectId}/secrets/${secret}`;
}
