/**
 * The one table of who may do what with a thing. What is not allowed here is refused, and looks as if the thing were not there.
 *
 * `always` and `never` speak for themselves; `shared` means: when the thing is public or unlisted, and not hidden by an operator.
 */
import type { Caller } from './caller.ts';

type Verdict = 'always' | 'shared' | 'never';

interface Rule {
  owner: Verdict;
  admin: Verdict;
  /** Anyone else, signed in or not. */
  others: Verdict;
}

export const rules = {
  'song.read': { owner: 'always', admin: 'always', others: 'shared' },
  'song.play': { owner: 'always', admin: 'always', others: 'shared' },
  'song.like': { owner: 'always', admin: 'always', others: 'shared' },
  'song.update': { owner: 'always', admin: 'never', others: 'never' },
  'song.delete': { owner: 'always', admin: 'never', others: 'never' },
  // Of moderation, of people and of incidents, `owner` is an operator who deals with his own or himself: no other function asks for these rows.
  'song.moderate': { owner: 'always', admin: 'always', others: 'never' },
  'user.read': { owner: 'always', admin: 'always', others: 'never' },
  'user.update': { owner: 'always', admin: 'always', others: 'never' },
  'incident.acknowledge': { owner: 'always', admin: 'always', others: 'never' },
  'playlist.read': { owner: 'always', admin: 'shared', others: 'shared' },
  'playlist.update': { owner: 'always', admin: 'never', others: 'never' },
  'playlist.delete': { owner: 'always', admin: 'never', others: 'never' },
  'generation.read': { owner: 'always', admin: 'always', others: 'never' },
  'generation.cancel': { owner: 'always', admin: 'never', others: 'never' },
  'generation.retry': { owner: 'always', admin: 'never', others: 'never' },
  'file.delete': { owner: 'always', admin: 'never', others: 'never' },
  'image.read': { owner: 'always', admin: 'never', others: 'never' },
  'image.update': { owner: 'always', admin: 'never', others: 'never' },
  'image.delete': { owner: 'always', admin: 'never', others: 'never' },
  'image.finish': { owner: 'always', admin: 'never', others: 'never' },
} as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof rules;

/** What a rule needs to know of a thing. */
export interface Subject {
  ownerId: string;
  isShared: boolean;
}

export function permits(name: RuleName, caller: Caller, subject: Subject): boolean {
  const verdict = rules[name][standing(caller, subject)];
  return verdict === 'always' || (verdict === 'shared' && subject.isShared);
}

function standing(caller: Caller, subject: Subject): keyof Rule {
  if (caller.kind !== 'user') return 'others';
  if (caller.uid === subject.ownerId) return 'owner';
  return caller.role === 'admin' ? 'admin' : 'others';
}
