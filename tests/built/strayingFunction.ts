/** A function in which things go wrong that nobody waits for. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { defineEndpoint, start } from '#shared/endpoint';
import { database, within } from '#shared/runtime';

start(
  defineEndpoint({
    name: 'straying',
    method: 'GET',
    summary: 'Leave a fault behind that nobody waits for',
    access: 'public',
    feature: 'none',
    needs: {},
    rate: 'read',
    budget: { reads: 0, writes: 0 },
    input: z.strictObject({ how: z.enum(['rejects', 'throws', 'waits', 'reads']) }),
    output: z.strictObject({ how: z.string() }),
    errors: [],
    cache: 'none',
    examples: [{ title: 'A promise that nobody holds', input: { how: 'rejects' } }],

    async handler({ how }) {
      if (how === 'rejects') void Promise.reject(new Error('what nobody should read'));
      if (how === 'throws') setTimeout(throwIt, 50);
      if (how === 'reads') await within(3_000, 'the database', (await database()).doc('settings/service').get());
      await sleep(how === 'waits' ? 1_000 : 200);
      return { how };
    },
  }),
);

function throwIt(): void {
  throw new Error('what nobody should read');
}
