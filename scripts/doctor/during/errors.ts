import { systemWorld } from '#shared/runtime';
import { lookFor } from '#shared/watch';
import { asFinding } from '../asFinding.ts';
import type { Check } from '../check.ts';

export const errors: Check = {
  name: 'errors',
  list: 'during',
  summary: { en: 'few requests of the last minutes have failed, and none of the checks was slow', ko: '최근 오류율과 지연' },
  look: async () => asFinding(await lookFor('figures', systemWorld)),
};
