/** A function in which things go wrong that nobody waits for. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { config, database, send, within } from '#shared/runtime';

export const strayingFunction = defineEndpoint({
  name: 'straying',
  method: 'GET',
  summary: 'Leave a fault behind that nobody waits for',
  access: 'public',
  feature: 'none',
  needs: {},
  rate: 'read',
  budget: { reads: 0, writes: 0 },
  input: z.strictObject({ how: z.enum(['rejects', 'throws', 'waits', 'reads', 'fails', 'asks']) }),
  output: z.strictObject({ how: z.string() }),
  errors: [],
  cache: 'none',
  examples: [{ title: 'A promise that nobody holds', input: { how: 'rejects' } }],

  async handler({ how }) {
    if (how === 'rejects') void Promise.reject(new Error('what nobody should read'));
    if (how === 'throws') setTimeout(throwIt, 50);
    if (how === 'reads') await within(3_000, 'the database', (await database()).doc('settings/service').get());
    if (how === 'fails') throw new Error('mina@sori.example was refused: token=hunter2', { cause: 'mina@sori.example' });
    if (how === 'asks') await send({ method: 'GET', url: `${config().TOPMEDIAI_BASE_URL}/secret?prompt=boats`, timeoutMs: 3_000 });
    await sleep(how === 'waits' ? 1_000 : 200);
    return { how };
  },
});

function throwIt(): void {
  throw new Error('what nobody should read');
}
