/** A person, with what is left of the day's songs and of the storage, and how much is here of each kind. */
import { z } from 'zod';
import { readWholeUser, UserId, users, WholeUser } from '#shared/admin';
import { defineEndpoint } from '#shared/endpoint';

export const getUser = defineEndpoint({
  name: 'getUser',
  method: 'GET',
  summary: 'Read a person',
  access: 'admin',
  feature: 'admin',
  needs: { account: users.may('read', 'uid') },
  rate: 'read',
  budget: { reads: 20, writes: 0 }, // counting costs a read for each 1,000 of a kind
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ uid: UserId }),
  output: WholeUser,
  errors: [],
  cache: 'none',
  examples: [{ title: 'Somebody', input: { uid: 'Xq3mPw8ZtYVb5nLk2RdHs7Jc0aF1' } }],

  async handler(_input, _caller, { found, now }) {
    return await readWholeUser(found.account, now);
  },
});
