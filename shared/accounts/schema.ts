import { z } from 'zod';
import { Locale, UserDocument } from '#shared/access';
import { text } from '#shared/runtime';

export { Locale };

/** Lower case, because Firebase Auth keeps e-mails so. */
export const Email = z.string().max(254).trim().toLowerCase().pipe(z.email('is not an e-mail address'));
export const Password = z
  .string()
  .max(512) // a bound before any work is done on it
  .refine((value) => value.isWellFormed() && !value.includes('\0'), 'is not well-formed Unicode')
  .refine((value) => [...value].length >= 8, 'has fewer than 8 characters')
  .refine((value) => [...value].length <= 128, 'has more than 128 characters')
  .meta({ minLength: 8, maxLength: 128 });
/** One that there is already: the page behind a reset letter, the SDK and the console take shorter and longer ones, as Firebase Auth does. */
export const ChosenPassword = z
  .string()
  .min(1)
  .max(4096)
  .refine((value) => value.isWellFormed() && !value.includes('\0'), 'is not well-formed Unicode');
export const DisplayName = text({ max: 50 });
export const RefreshToken = z
  .string()
  .min(1)
  .max(4096)
  .regex(/^[\x21-\x7e]+$/, 'is not a refresh token');

export const Session = z.strictObject({ uid: z.string(), idToken: z.string(), refreshToken: z.string(), expiresInS: z.int() });
export type Session = z.output<typeof Session>;

export const Profile = z.strictObject({
  ...UserDocument.shape,
  allowance: z.strictObject({
    songsPerDay: z.int(),
    songsLeftToday: z.int(),
    storageBytes: z.int(),
    storageUsedBytes: z.int(),
  }),
});
export type Profile = z.output<typeof Profile>;
