import { broken, type Check, doubtful, sound } from '../check.ts';
import { deployedFunctions } from '../deployed.ts';

/**
 * The day from which Google builds no more function of a runtime.
 * @see https://cloud.google.com/functions/docs/runtime-support
 */
const ENDS: Record<string, string> = { nodejs20: '2026-10-30', nodejs22: '2027-10-31', nodejs24: '2028-10-31' };
const OURS = 'nodejs24';
const WARNING_DAYS = 180;
const DAY_MS = 24 * 60 * 60_000;

export const runtime: Check = {
  name: 'runtime',
  list: 'before',
  summary: { en: 'Google supports the Node that the functions run on', ko: '런타임 지원 기간' },
  async look({ site }) {
    const deployed = site.hasControlPlane ? await deployedFunctions(site) : [];
    const others = deployed.filter((found) => found.runtime !== OURS).map((found) => `${found.name} runs on ${found.runtime}`);
    const daysLeft = Math.floor((Date.parse(ENDS[OURS] ?? '') - Date.now()) / DAY_MS);
    const seen = `${OURS} until ${ENDS[OURS]}, ${daysLeft} days`;
    const next = {
      en: 'Move to the next Node: package.json, firebase.json, scripts/build; then npm run deploy.',
      ko: '다음 Node 버전으로 옮기세요.',
    };
    if (daysLeft <= 0) return broken([seen, ...others], next);
    return daysLeft < WARNING_DAYS || others.length > 0 ? doubtful([seen, ...others], next) : sound(seen);
  },
};
