import { send } from '#shared/runtime';
import { broken, type Check, sound } from '../check.ts';

/** What DESIGN promises of every answer; tests hold the values. */
const PROMISED = ['strict-transport-security', 'content-security-policy', 'x-content-type-options', 'x-frame-options', 'referrer-policy'];
const LIMIT_MS = 8_000;

export const headers: Check = {
  name: 'headers',
  list: 'after',
  summary: { en: 'every address gives the five security headers', ko: '보안 헤더 다섯 가지' },
  async look({ site: { bases } }) {
    const answers = await Promise.all(
      bases.map(async ({ url }) => ({ url, answer: await send({ method: 'GET', url: `${url}/checkHealth`, timeoutMs: LIMIT_MS }) })),
    );
    const faults = answers.flatMap(({ url, answer }) =>
      PROMISED.filter((name) => !answer.headers[name]).map((name) => `${url}: no ${name}`),
    );
    if (faults.length === 0) return sound(`${PROMISED.length} headers at ${bases.map(({ url }) => url).join(' and ')}`);
    return broken(faults, {
      en: 'Does a proxy or a CDN in front take them away? The functions themselves set them.',
      ko: '앞단의 프록시나 CDN이 헤더를 지우는지 확인하세요.',
    });
  },
};
