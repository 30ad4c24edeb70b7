import { BACKUPS } from '#shared/backups';
import { database, systemWorld } from '#shared/runtime';
import { lookFor } from '#shared/watch';
import { asFinding } from '../asFinding.ts';
import { type Check, sound } from '../check.ts';

export const backups: Check = {
  name: 'backups',
  list: 'before',
  summary: { en: 'there is a verified backup of the last day', ko: '최근 검증된 백업' },
  async look() {
    const findings = await lookFor('backups', systemWorld);
    const isFirst = (await (await database()).collection(BACKUPS).limit(1).get()).empty;
    if (!isFirst || findings.some(({ state }) => state !== 'good')) return asFinding(findings);
    return sound('None has been due yet. npm run schedule -- run backUpDatabase makes one now');
  },
};
