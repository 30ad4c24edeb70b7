import { send } from '#shared/runtime';
import { broken, type Check, doubtful, sound } from '../check.ts';

/** Google refuses keys whose clock is off by more; signed URLs begin to fail sooner. */
const MOST_S = 300;
const DOUBTFUL_S = 10;
const LIMIT_MS = 8_000;

export const clock: Check = {
  name: 'clock',
  list: 'before',
  summary: { en: "this machine's clock is that of the service", ko: '시계' },
  async look({ site: { bases } }) {
    const { headers } = await send({ method: 'GET', url: `${bases[0]?.url}/checkHealth`, timeoutMs: LIMIT_MS });
    const offS = Math.round((Date.now() - Date.parse(headers['date'] ?? '')) / 1000);
    if (Number.isNaN(offS)) throw new Error('the service tells no time');
    const seen = `${Math.abs(offS)} s ${offS < 0 ? 'behind' : 'before'} the service`;
    const next = { en: 'Have this machine keep time (NTP): signatures and tokens depend on it.', ko: '이 컴퓨터의 시각을 NTP로 맞추세요.' };
    if (Math.abs(offS) > MOST_S) return broken(seen, next);
    return Math.abs(offS) > DOUBTFUL_S ? doubtful(seen, next) : sound(seen);
  },
};
