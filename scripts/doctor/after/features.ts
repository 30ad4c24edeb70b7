import { z } from 'zod';
import { send } from '#shared/runtime';
import { broken, type Check, doubtful, sound } from '../check.ts';

const Status = z.object({
  phase: z.number(),
  features: z.record(z.string(), z.object({ available: z.boolean(), reason: z.string().nullable() })),
});
const LIMIT_MS = 10_000;

export const features: Check = {
  name: 'features',
  list: 'after',
  summary: { en: 'everything that the phase offers is open', ko: '단계와 기능' },
  async look({ site: { bases } }) {
    const { data } = await send({ method: 'GET', url: `${bases[0]?.url}/getStatus`, timeoutMs: LIMIT_MS });
    const { phase, features: all } = Status.parse(data);
    const shut = Object.entries(all).filter(([, { available }]) => !available);
    const faults = shut.filter(([, { reason }]) => reason !== 'phase').map(([name, { reason }]) => `${name} is held back: ${reason}`);
    const later = shut.filter(([, { reason }]) => reason === 'phase').map(([name]) => name);
    const seen = `phase ${phase}: ${Object.keys(all).length - shut.length} of ${Object.keys(all).length} features are open`;
    if (faults.length > 0) {
      return broken([seen, ...faults], {
        en: 'storage: npm run doctor -- storageKey. provider, budget: npm run doctor -- provider. database: look at Firestore.',
        ko: 'storage는 storageKey, provider·budget은 provider 검사를 실행하세요.',
      });
    }
    if (later.length === 0) return sound(seen);
    return doubtful([seen, `not yet, by the settings: ${later.join(', ')}`], {
      en: 'updateSettings with phase 2 opens them, or npm run deploy -- --phase 2.',
      ko: 'updateSettings 또는 npm run deploy -- --phase 2 로 여세요.',
    });
  },
};
