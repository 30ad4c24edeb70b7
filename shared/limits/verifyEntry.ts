import type { DocumentSnapshot, Timestamp } from '@google-cloud/firestore';
import { z } from 'zod';
import { dayOf } from './day.ts';
import type { Discrepancy } from './discrepancy.ts';

export type EntryFault = 'entry_unreadable' | 'entry_amount' | 'entry_id' | 'entry_day';

// Amounts and ids are stated anew here, not taken from ledger.ts: an auditor does not ask the bookkeeper.
const AMOUNTS = {
  grant: { says: '0 or more', allows: (amount: number) => amount >= 0 },
  lapse: { says: 'less than 0', allows: (amount: number) => amount < 0 },
  reserve: { says: '-1', allows: (amount: number) => amount === -1 },
  settle: { says: '0', allows: (amount: number) => amount === 0 },
  release: { says: '1', allows: (amount: number) => amount === 1 },
};

const Entry = z.object({
  uid: z.string().min(1),
  kind: z.enum(['grant', 'lapse', 'reserve', 'settle', 'release']),
  amount: z.int(),
  generationId: z.string(),
  on: z.string(),
  timeZone: z.string(),
  createdAt: z.custom<Timestamp>((value) => typeof value === 'object' && value !== null && 'toDate' in value),
});
type Entry = z.output<typeof Entry>;

/**
 * What no entry may be, judged by itself: an unknown kind or a missing field, another amount than its kind has, another id than
 * its kind has, another day than its time has. Ids are what makes entries unique: a second grant of a day, or a second end of a
 * reservation, can only stand under a wrong one.
 *
 * Reads nothing. Entries never change, so what is found once is no matter of timing.
 */
export function verifyEntry(entry: DocumentSnapshot): Discrepancy<EntryFault>[] {
  const entryId = entry.id;
  const parsed = Entry.safeParse(entry.data());
  if (!parsed.success) {
    const fields = [...new Set(parsed.error.issues.map(({ path }) => String(path[0])))].join(', ');
    return [{ kind: 'entry_unreadable', entryId, said: 'every field of an entry', found: `not, or not so: ${fields}` }];
  }
  const { kind, amount, on, timeZone, createdAt } = parsed.data;
  const faults: Discrepancy<EntryFault>[] = [];
  const add = (fault: EntryFault, said: string, found: string) => faults.push({ kind: fault, entryId, said, found });
  if (!AMOUNTS[kind].allows(amount)) add('entry_amount', `${kind}: ${AMOUNTS[kind].says}`, String(amount));
  const id = idOf(parsed.data);
  if (entryId !== id) add('entry_id', id, entryId);
  const day = dayIn(createdAt.toDate(), timeZone);
  if (on !== day) add('entry_day', day, on);
  return faults;
}

function dayIn(at: Date, timeZone: string): string {
  try {
    return dayOf(at, timeZone);
  } catch {
    return 'a day of a time zone';
  }
}

function idOf({ kind, uid, generationId, on }: Entry): string {
  switch (kind) {
    case 'grant':
    case 'lapse':
      return `${uid}_${on}_${kind}`;
    case 'reserve':
      return `${generationId}_reserve`;
    default:
      return `${generationId}_end`;
  }
}
