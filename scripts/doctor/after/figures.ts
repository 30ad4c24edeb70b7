import { statSync } from 'node:fs';
import { join } from 'node:path';
import { database } from '#shared/runtime';
import { broken, type Check, sound } from '../check.ts';

const MINUTE_MS = 60_000;
/** The watch looks each minute; two may be missed by a restart. */
const MOST_SILENT_MS = 3 * MINUTE_MS;
/** A process writes a minute in the next, and the watch adds it up in the one after that. */
const MOST_WAITING_MS = 5 * MINUTE_MS;

export const figures: Check = {
  name: 'figures',
  list: 'after',
  summary: { en: 'figures arrive: the watch runs, and adds up what the functions have counted', ko: '지표 수집' },
  async look({ site }) {
    const db = await database();
    const now = Date.now();
    const [watched, waiting] = await Promise.all([
      db.doc('dependencies/database').get(),
      db
        .collection('figures')
        .where('minuteAt', '<', new Date(now - MOST_WAITING_MS))
        .limit(1)
        .get(),
    ]);
    const lookedAt = watched.get('lookedAt') as { toMillis(): number } | undefined;
    const silentMs = lookedAt ? now - lookedAt.toMillis() : Number.POSITIVE_INFINITY;
    const seen = lookedAt ? `the watch looked ${Math.round(silentMs / 1000)} s ago` : 'the watch has never looked';
    if (silentMs > MOST_SILENT_MS && isYoung(site.logs)) return sound('it has just been started: the watch looks first within a minute');
    if (silentMs > MOST_SILENT_MS) return broken(seen, NOT_WATCHED);
    if (!waiting.empty) return broken([seen, 'what functions counted more than 5 min ago was not added up'], NOT_ADDED);
    return sound(`${seen}, and has added up what the functions counted`);
  },
};

const NOT_WATCHED = {
  en: 'It runs each minute, first a minute after a start. npm run doctor -- jobs; then the log of watchService.',
  ko: '시작 후 1분마다 실행됩니다. jobs 검사와 watchService 로그를 확인하세요.',
};
const NOT_ADDED = { en: 'Read the log of watchService: rollUpFigures says why.', ko: 'watchService 로그의 rollUpFigures를 확인하세요.' };

/** A local cloud that has just been started has not come to its first minute. */
function isYoung(logs: string | undefined): boolean {
  const started = logs && statSync(join(logs, 'functions.log'), { throwIfNoEntry: false });
  return started ? Date.now() - started.birthtimeMs < 2 * MINUTE_MS : false;
}
