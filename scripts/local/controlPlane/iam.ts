/** Service accounts. @see https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts */
import { z } from 'zod';
import { alreadyThere, type Call, type Cloud, notFound, type Route } from './route.ts';

const API = 'iam.googleapis.com';

export const iamRoutes: Route[] = [
  { api: API, method: 'GET', path: /^\/v1\/projects\/[^/]+\/serviceAccounts\/([^/:]+)$/, answer: get },
  { api: API, method: 'POST', path: /^\/v1\/projects\/([^/]+)\/serviceAccounts$/, answer: create },
  { api: API, method: 'POST', path: /^\/v1\/projects\/[^/]+\/serviceAccounts\/([^/:]+)\/keys$/, answer: createKey },
  { api: API, method: 'POST', path: /^\/v1\/projects\/[^/]+\/serviceAccounts\/([^/:]+):getIamPolicy$/, answer: getPolicy },
  { api: API, method: 'POST', path: /^\/v1\/projects\/[^/]+\/serviceAccounts\/([^/:]+):setIamPolicy$/, answer: setPolicy },
];

function get({ parts: [email] }: Call, { resources }: Cloud): object {
  const account = resources.get(`accounts/${email}`);
  if (!account) throw notFound(`${email}`);
  return account;
}

function create({ parts: [projectId], body }: Call, { resources }: Cloud): Promise<object> {
  const wish = z
    .object({ accountId: z.string().regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/), serviceAccount: z.object({ displayName: z.string() }) })
    .parse(body);
  const email = `${wish.accountId}@${projectId}.iam.gserviceaccount.com`;
  if (resources.get(`accounts/${email}`)) throw alreadyThere(email);
  return resources.put(`accounts/${email}`, {
    name: `projects/${projectId}/serviceAccounts/${email}`,
    email,
    displayName: wish.serviceAccount.displayName,
  });
}

async function createKey(call: Call, cloud: Cloud): Promise<object> {
  get(call, cloud);
  const key = await cloud.createKey(call.parts[0] ?? '');
  return { privateKeyData: Buffer.from(JSON.stringify(key)).toString('base64') };
}

function getPolicy({ parts: [email] }: Call, { resources }: Cloud): object {
  return resources.get(`accounts/${email}#policy`) ?? {};
}

function setPolicy({ parts: [email], body }: Call, { resources }: Cloud): Promise<object> {
  return resources.put(`accounts/${email}#policy`, z.object({ policy: z.looseObject({}) }).parse(body).policy);
}
