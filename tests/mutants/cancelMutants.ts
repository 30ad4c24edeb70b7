/** Cancelling and deleting while a song is made: what it costs, and that nothing of it is left. */
import type { Mutant } from '../../scripts/check/mutant.ts';

const STATES = 'tests/guarantees/g03-cancelledInEachState.test.ts';
const POINTS = 'tests/guarantees/g03-cancelledInFlight.test.ts';

const TRANSITIONS = 'shared/generation/transitions.ts';

type Change = Pick<Mutant, 'search' | 'replace'>;

const transitionMutants: Change[] = [
  { search: "const isFree = work.state === 'queued';", replace: "const isFree = work.state === 'queued' || work.state === 'submitting';" },
  {
    // What an order has cost that was cancelled on its way is counted by nobody.
    search: "work.state === 'submitting' ? { ...more, charge: 'unknown' } : more",
    replace: 'more',
  },
  {
    // What nobody knows of is counted twice.
    search: "work.state === 'submitting' ? { ...more, charge: 'unknown' } : more",
    replace: "work.songs.length === 0 && !isFree ? { ...more, charge: 'unknown' } : more",
  },
  {
    search: "const removed = work.songs.map(({ songId }): SongEffect => ({ kind: 'remove', songId, discardAt: discardAt(now, bounds) }));",
    replace: 'const removed: SongEffect[] = [];',
  },
  {
    search: "if (songs.every((song) => song.state === 'failed') && !hasEnded(work)) return cancel(work, now, bounds);",
    replace: '',
  },
  {
    search: "if (songs.every((song) => song.state === 'failed') && !hasEnded(work)) return cancel(work, now, bounds);",
    replace: "if (songs.every((song) => song.state === 'failed')) return cancel(work, now, bounds);",
  },
  {
    // Whoever stores the song that is not wanted goes on with it.
    search: 'conclude({ ...work, songs, fence: work.fence + 1 }, work, now, bounds)',
    replace: 'conclude({ ...work, songs }, work, now, bounds)',
  },
];

export const cancelMutants: Mutant[] = [
  ...transitionMutants.map((change) => ({ guarantee: 'G3', file: TRANSITIONS, ...change, test: STATES })),
  {
    guarantee: 'G3',
    file: 'shared/generation/cancelGeneration.ts',
    search: "if (current.state === 'cancelled') return undefined;",
    replace: '',
    test: STATES,
  },
  {
    guarantee: 'G3',
    file: 'shared/generation/cancelGeneration.ts',
    search: "if (hasEnded(current)) throw problem('generation_ended');",
    replace: '',
    test: STATES,
  },
  {
    guarantee: 'G3',
    file: 'shared/generation/store.ts',
    search: 'transaction.delete(db.doc(',
    replace: 'void (db.doc(',
    test: STATES,
  },
  {
    guarantee: 'G3',
    file: 'shared/generation/objects.ts',
    search: 'await removeAll(store, prefix);',
    replace: "if (!prefix.startsWith('songs')) await removeAll(store, prefix);",
    test: STATES,
  },
  {
    // Bytes are removed while somebody may still be storing more of them.
    guarantee: 'G3',
    file: 'shared/generation/bounds.ts',
    search: 'return later(now, 2 * bounds.leaseMs);',
    replace: 'return later(now, 0 * bounds.leaseMs);',
    test: POINTS,
  },
];
