/**
 * Disables or enables a person, makes or unmakes an operator, or sets how many songs a day somebody may make, from the next day on.
 *
 * Disabling ends all sessions: of operators' functions and new listeners at once, of all else within 60 s. Nobody disables himself or
 * gives up his own role. Written to the audit.
 */
import { z } from 'zod';
import { changeUser, SongsPerDay, User, UserId, users } from '#shared/admin';
import { defineEndpoint } from '#shared/endpoint';

export const updateUser = defineEndpoint({
  name: 'updateUser',
  method: 'POST',
  summary: 'Change what a person may do',
  access: 'admin',
  feature: 'admin',
  needs: { account: users.may('update', 'uid') },
  rate: 'write',
  budget: { reads: 18, writes: 5 }, // up to 11 operators are looked at when one is taken away
  secrets: ['JWT_SECRET'],
  input: z
    .strictObject({
      uid: UserId,
      disabled: z.boolean().optional(),
      role: z.enum(['user', 'admin']).optional(),
      /** Null: the service's setting holds. */
      songsPerDay: SongsPerDay.nullable().optional(),
    })
    .refine(({ uid: _, ...change }) => Object.keys(change).length > 0, { error: 'Give at least one of disabled, role, songsPerDay.' }),
  output: z.strictObject({ user: User }),
  errors: ['operator_needed'],
  cache: 'none',
  examples: [
    { title: 'More songs a day', input: { uid: 'Xq3mPw8ZtYVb5nLk2RdHs7Jc0aF1', songsPerDay: 30 } },
    { title: 'Lock somebody out', input: { uid: 'Xq3mPw8ZtYVb5nLk2RdHs7Jc0aF1', disabled: true } },
  ],

  async handler({ uid, ...change }, caller, { requestId, now, newId }) {
    return { user: await changeUser(uid, change, { actorId: caller.uid, action: 'updateUser', requestId, now, newId }) };
  },
});
