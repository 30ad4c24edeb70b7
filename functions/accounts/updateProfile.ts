/** Changes the caller's name or language. The name that others see in his songs follows within the hour. */
import { z } from 'zod';
import { changeProfile, DisplayName, Locale, Profile, readProfile } from '#shared/accounts';
import { defineEndpoint } from '#shared/endpoint';

export const updateProfile = defineEndpoint({
  name: 'updateProfile',
  method: 'POST',
  summary: "Change the caller's name or language",
  access: 'user',
  feature: 'signIn',
  needs: {},
  rate: 'write',
  budget: { reads: 6, writes: 2 },
  secrets: ['JWT_SECRET'],
  input: z
    .strictObject({ displayName: DisplayName.optional(), locale: Locale.optional() })
    .refine((change) => Object.keys(change).length > 0, { error: 'Give at least one of displayName, locale.' }),
  output: z.strictObject({ profile: Profile }),
  errors: [],
  cache: 'none',
  examples: [{ title: 'Another name', input: { displayName: 'Mina Park' } }],

  async handler(change, { uid }, { now, clock }) {
    await changeProfile(uid, change, { clock });
    return { profile: await readProfile(uid, now) };
  },
});
