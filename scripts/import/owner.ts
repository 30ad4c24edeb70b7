import type { ImportRun, Owner } from './importRun.ts';
import { EntryFault } from './report.ts';

/**
 * Whose an entry is.
 *
 * @returns undefined when the account was deleted here: what was its owner's stays away with it
 * @throws {EntryFault}
 */
export function ownerOf(ownerId: string, { owners }: ImportRun): Extract<Owner, { state: 'here' }> | undefined {
  const owner = owners.get(ownerId);
  if (!owner) throw new EntryFault('ownerId', 'names no user of this description', 'Add the user, or correct the id.');
  if (owner.state === 'faulty') {
    throw new EntryFault('ownerId', 'its owner was not brought in', 'Correct that user first, then run the import again.');
  }
  return owner.state === 'here' ? owner : undefined;
}
