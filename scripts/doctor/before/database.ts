import { database, readSettings, SETTINGS_DOCUMENT } from '#shared/runtime';
import { broken, type Check, doubtful, sound } from '../check.ts';

/** Within a region Firestore answers in 10 ms; from a person's own machine in the time of a few round trips. */
const SLOW_MS = 2_000;

export const databaseCheck: Check = {
  name: 'database',
  list: 'before',
  summary: { en: 'Firestore answers, and the settings in it can be read', ko: 'Firestore 응답, 설정 문서' },
  limitMs: 10_000,
  async look() {
    const db = await database();
    await db.doc(SETTINGS_DOCUMENT).get(); // connects
    const startedMs = performance.now();
    const { invalid, settings } = readSettings((await db.doc(SETTINGS_DOCUMENT).get()).data());
    const tookMs = Math.round(performance.now() - startedMs);
    if (invalid.length > 0) {
      return broken(`${SETTINGS_DOCUMENT} has values that cannot be taken: ${invalid.join(', ')}`, {
        en: 'Set them right in the console or with updateSettings; the defaults are in force meanwhile.',
        ko: '콘솔이나 updateSettings로 고치세요. 그동안은 기본값을 사용합니다.',
      });
    }
    const seen = `Firestore answers in ${tookMs} ms; phase ${settings.phase}`;
    if (tookMs < SLOW_MS) return sound(seen);
    return doubtful(seen, { en: 'Is the database in the region of the functions?', ko: '데이터베이스 리전을 확인하세요.' });
  },
};
