/** Searching, liking, playlists. */
import type { Mutant } from '../../scripts/check/mutant.ts';

export const listeningMutants: Mutant[] = [
  {
    guarantee: 'G6',
    file: 'shared/songs/listSongs.ts',
    search: 'shelf.has(song) && isFoundBy',
    replace: 'isFoundBy',
    test: 'tests/endpoints/songs/search.test.ts',
  },
  {
    guarantee: 'G6',
    file: 'shared/access/need.ts',
    search: "if (permitted.some((thing) => thing === undefined)) throw problem('not_found');",
    replace: '',
    test: 'tests/endpoints/playlists/playlists.test.ts',
  },
  {
    guarantee: 'G11',
    file: 'shared/songs/counters.ts',
    search: 'paidUntilAt }, unchanged(counters));',
    replace: 'paidUntilAt });',
    test: 'tests/shared/songs/rollUpCounters.test.ts',
  },
  {
    guarantee: 'G14',
    file: 'shared/songs/changeSong.ts',
    search: 'if (next.title !== song.title || next.visibility !== song.visibility) writeSongSearch(transaction, db, next);',
    replace: '',
    test: 'tests/endpoints/songs/search.test.ts',
  },
  {
    guarantee: 'G14',
    file: 'shared/songs/counters.ts',
    search: '(AT_ONCE - 1) * INTERVAL_MS',
    replace: '-2 * INTERVAL_MS',
    test: 'tests/endpoints/songs/likes.test.ts',
  },
  {
    guarantee: 'G14',
    file: 'shared/songs/store.ts',
    search: 'if (known && !mustReadAfresh(caller, known))',
    replace: 'if (known)',
    test: 'tests/guarantees/g14-caches.test.ts',
  },
  {
    guarantee: 'G14',
    file: 'shared/songs/listSongs.ts',
    search: '(await hasChangedLately(caller.uid, clock))',
    replace: 'false',
    test: 'tests/guarantees/g14-caches.test.ts',
  },
  {
    guarantee: 'G14',
    file: 'shared/songs/listSongs.ts',
    search: 'if (mayBeGone) return read();',
    replace: '',
    test: 'tests/guarantees/g14-caches.test.ts',
  },
  {
    guarantee: 'G14',
    file: 'shared/songs/sharedSongs.ts',
    search: 'SHARED_AGE_MS = 260_000',
    replace: 'SHARED_AGE_MS = 300_000',
    test: 'tests/guarantees/g14-caches.test.ts',
  },
  {
    guarantee: 'G14',
    file: 'shared/songs/store.ts',
    search: 'PLAYED_AGE_MS = 30_000',
    replace: 'PLAYED_AGE_MS = 260_000',
    test: 'tests/guarantees/g14-caches.test.ts',
  },
  {
    guarantee: 'G14',
    file: 'shared/songs/sharedSongs.ts',
    search: 'return song && isShared(song) ? song : undefined;',
    replace: 'return song;',
    test: 'tests/guarantees/g14-caches.test.ts',
  },
];
