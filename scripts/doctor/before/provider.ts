import { ProviderFault, topMediai } from '#shared/music';
import { database, readSettings, SETTINGS_DOCUMENT } from '#shared/runtime';
import { broken, type Check, doubtful, type Finding, sound } from '../check.ts';
import type { Site } from '../site.ts';

const LIMIT_MS = 8_000;
/** What the dearest song costs. */
const DEAREST_CREDITS = 3;

export const provider: Check = {
  name: 'provider',
  list: 'before',
  summary: { en: 'TopMediai takes the key, and its balance lasts for a day', ko: 'TopMediai 키와 잔액' },
  limitMs: LIMIT_MS + 2_000,
  async look({ site }) {
    const credits = await balanceAt(site);
    if (typeof credits !== 'number') return credits;
    const settings = await (await database()).doc(SETTINGS_DOCUMENT).get();
    const { providerCreditsPerDay: allowed } = readSettings(settings.data()).settings;
    const seen = `The key is taken; ${credits} credits are left, ${allowed} may be spent a day`;
    const next = { en: 'Buy credits at TopMediai, or lower providerCreditsPerDay.', ko: 'TopMediai에서 크레딧을 충전하세요.' };
    if (credits < DEAREST_CREDITS) return broken(seen, next);
    return credits < allowed ? doubtful(seen, next) : sound(seen);
  },
};

async function balanceAt({ settings }: Site): Promise<number | Finding> {
  const { TOPMEDIAI_API_KEY: apiKey = '', TOPMEDIAI_BASE_URL: baseUrl = 'https://api.topmediai.com' } = settings;
  try {
    return await topMediai({ baseUrl, apiKey, timeouts: { creditsMs: LIMIT_MS } }).getCredits();
  } catch (error) {
    if (!(error instanceof ProviderFault)) throw error;
    return broken(`TopMediai refuses or does not answer: ${error.reason}`, {
      en: 'Compare TOPMEDIAI_API_KEY with the one in your account there; look at TOPMEDIAI_BASE_URL.',
      ko: 'TOPMEDIAI_API_KEY와 TOPMEDIAI_BASE_URL을 확인하세요.',
    });
  }
}
