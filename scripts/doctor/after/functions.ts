import { inParallel, send } from '#shared/runtime';
import { loadEndpoints, type RegisteredEndpoint } from '../../loadEndpoints.ts';
import { broken, type Check, sound } from '../check.ts';
import { deployedFunctions } from '../deployed.ts';
import type { Site } from '../site.ts';

const AT_ONCE = 8;
const LIMIT_MS = 15_000;

export const functions: Check = {
  name: 'functions',
  list: 'after',
  summary: { en: 'every function answers, at every address', ko: '모든 함수와 주소' },
  limitMs: 30_000,
  async look({ site, progress }) {
    const endpoints = await loadEndpoints();
    const faults: string[] = site.hasControlPlane ? await notActive(site, endpoints) : [];
    const calls = site.bases.flatMap(({ url }) => endpoints.map((endpoint) => ({ url, endpoint })));
    await inParallel(calls, AT_ONCE, async ({ url, endpoint }) => {
      progress(endpoint.name);
      const fault = await faultOf(url, endpoint);
      if (fault) faults.push(fault);
    });
    const where = site.bases.map(({ url }) => url).join(' and ');
    if (faults.length === 0) return sound(`${endpoints.length} functions answer at ${where}`);
    return broken(faults.sort(), {
      en: 'npm run deploy goes on with what is missing; read the log of the others.',
      ko: 'npm run deploy 로 이어서 배포하세요.',
    });
  },
};

async function notActive(site: Site, endpoints: RegisteredEndpoint[]): Promise<string[]> {
  const deployed = new Map((await deployedFunctions(site)).map((found) => [found.name, found.state]));
  return endpoints.flatMap(({ name }) => {
    const state = deployed.get(name);
    if (state === undefined) return [`${name} is not deployed`];
    return state === 'ACTIVE' ? [] : [`${name} is ${state}`];
  });
}

/** A method that no function takes is refused by the function itself, which names its own: nothing is done, and nothing counted. */
async function faultOf(base: string, { name, method }: RegisteredEndpoint): Promise<string | undefined> {
  const url = `${base}/${name}`;
  const answer = await send({ method: 'PUT', url, body: {}, timeoutMs: LIMIT_MS }).catch((error: Error) => error);
  if (answer instanceof Error) return `${url}: ${answer.message}`;
  const { status, headers } = answer;
  if (headers['x-request-id'] === undefined) return `${url}: something else answers, ${status}`;
  if (name === 'answerUnknown') return status === 404 ? undefined : `${url}: ${status}`;
  const isOwn = status === 405 && headers['allow']?.split(', ').includes(method);
  return isOwn ? undefined : `${url}: ${status}, allows ${headers['allow'] ?? 'nothing'}`;
}
