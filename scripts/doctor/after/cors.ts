import { broken, type Check, doubtful, sound } from '../check.ts';

const STRANGER = 'https://stranger.sori.invalid';
const LIMIT_MS = 8_000;

export const cors: Check = {
  name: 'cors',
  list: 'after',
  summary: { en: 'pages of the allowed origins may call, and others may not', ko: 'CORS' },
  async look({ site: { bases, settings } }) {
    const base = bases[0]?.url ?? '';
    const origins = (settings['ALLOWED_ORIGINS'] ?? '')
      .split(',')
      .map((origin) => origin.trim())
      .filter(Boolean);
    const allowed = await Promise.all([...origins, STRANGER].map((origin) => allowedOrigin(base, origin)));
    const shut = origins.filter((origin, index) => allowed[index] !== origin);
    const isOpen = allowed.at(-1) === STRANGER || allowed.at(-1) === '*';
    if (shut.length > 0 || isOpen) {
      const faults = [...shut.map((origin) => `${origin} is not let in`), ...(isOpen ? ['any page may call as its visitor'] : [])];
      return broken(faults, {
        en: 'Set ALLOWED_ORIGINS in .env.<project>, then npm run deploy.',
        ko: 'ALLOWED_ORIGINS를 고치고 다시 배포하세요.',
      });
    }
    const seen = `${origins.length} origins may call; others may not`;
    if (origins.length > 0) return sound(seen);
    return doubtful(seen, {
      en: 'No web page may call: set ALLOWED_ORIGINS when there is a web app.',
      ko: '웹 앱이 있으면 ALLOWED_ORIGINS를 지정하세요.',
    });
  },
};

/** A browser's question before it calls. */
async function allowedOrigin(base: string, origin: string): Promise<string | null> {
  const asked = { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,content-type' };
  const answer = await fetch(`${base}/createSong`, { method: 'OPTIONS', headers: asked, signal: AbortSignal.timeout(LIMIT_MS) });
  await answer.body?.cancel();
  return answer.headers.get('access-control-allow-origin');
}
