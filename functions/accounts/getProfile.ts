/** The caller's own profile, with what is left of the day's songs and of the storage. */
import { z } from 'zod';
import { Profile, readProfile } from '#shared/accounts';
import { defineEndpoint } from '#shared/endpoint';

export const getProfile = defineEndpoint({
  name: 'getProfile',
  method: 'GET',
  summary: "Read the caller's own profile",
  access: 'user',
  feature: 'signIn',
  needs: {},
  rate: 'read',
  budget: { reads: 4, writes: 0 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({}),
  output: z.strictObject({ profile: Profile }),
  errors: [],
  cache: 'none',
  examples: [{ title: 'Who am I?', input: {} }],

  async handler(_input, { uid }, { now }) {
    return { profile: await readProfile(uid, now) };
  },
});
