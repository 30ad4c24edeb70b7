/** The secrets of the functions: those that are given, and those that we can make ourselves. */
import { randomBytes } from 'node:crypto';
import { SECRET_SETTINGS, type SecretSetting } from '#shared/runtime';
import { emailOf } from '../accounts.ts';
import { addVersion, createSecret, grantReading, secretText, secretVersions } from '../secrets.ts';
import type { Deployment, Step } from '../step.ts';

/** Nobody but the service needs to know them. */
const OWN: SecretSetting[] = ['JWT_SECRET', 'BACKUP_SECRET'];
const READERS = ['api', 'worker', 'backup'] as const;

export const secrets: Step = {
  name: 'secrets',
  title: { en: 'secrets', ko: '시크릿' },
  async plan(deployment) {
    const known = await secretVersions(deployment);
    const { givenSecrets } = deployment.target;
    return SECRET_SETTINGS.flatMap((name) => {
      if (known[name]) return [];
      if (givenSecrets[name]) return [`stores ${name}, as given`];
      return OWN.includes(name) ? [`makes ${name}`] : [`leaves ${name} out: none is given`];
    });
  },
  async run(deployment) {
    const { target } = deployment;
    const known = await secretVersions(deployment);
    const done: string[] = [];
    for (const name of SECRET_SETTINGS) {
      const text = target.givenSecrets[name] ?? (OWN.includes(name) ? randomBytes(48).toString('hex') : undefined);
      if (known[name] || text === undefined) continue;
      done.push(`${name}: version ${await addVersion(name, text, deployment)}`);
    }
    const keyVersion = await storeKey(deployment);
    return keyVersion ? [...done, keyVersion] : done;
  },
};

/** The functions read the storage key while they run, so they need the right themselves: the CLI knows nothing of it. */
async function storeKey(deployment: Deployment): Promise<string | undefined> {
  const { settings, projectId, givenKey } = deployment.target;
  const secret = settings['GCS_KEY_SECRET'];
  if (!secret) return undefined;
  await createSecret(secret, deployment);
  await grantReading(
    secret,
    READERS.map((name) => emailOf(name, projectId)),
    deployment,
  );
  if (givenKey === undefined || givenKey === (await secretText(secret, deployment))) return undefined;
  return `${secret}: version ${await addVersion(secret, givenKey, deployment)}`;
}
