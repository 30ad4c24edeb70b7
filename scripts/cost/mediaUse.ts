/** Bytes: kept in buckets, and sent to people. */

import { BYTES_PER_PLAY } from '#shared/reports';
import { storageProbes, storedDocuments } from './databaseUse.ts';
import { storedSongs } from './functionsUse.ts';
import type { Use } from './parts.ts';
import { BYTES_PER_CALL, DOCUMENTS, PICTURE_BYTES, READS_PER_PLAY, SONG, THUMB_BYTES } from './referenceUser.ts';
import type { Sources } from './sources.ts';
import type { Plan } from './workload.ts';

const GIB = 1024 ** 3;
const DAYS = 30;
/** Backups are kept so long; each is as large as the database was on its day. */
const KEPT_DAYS = 90;
/** A probe writes an object, names it, looks for one that is not there, and reads. */
const PROBE = { a: 2, b: 2 };
/** Sound and cover of a song, each: stored, named, looked at. Sizes of a picture as well. */
const SONG_OPERATIONS = { a: 4, b: 4 };
const PICTURE_OPERATIONS = { a: 8, b: 8 };
/** Pages of digests and parts of an export. */
const DOCUMENTS_OF_OBJECT = 300;

export function mediaUse(plan: Plan, calls: Map<string, number>, { endpoints }: Sources): Use[] {
  const { users, plays, songs, months } = plan;
  const probes = storageProbes(calls, endpoints);
  const made = users * songs * SONG.perRequest;
  const bytes = storedSongs(plan) * (SONG.bytes + SONG.coverBytes) + users * months * PICTURE_BYTES;
  const a = probes * PROBE.a + made * SONG_OPERATIONS.a + users * PICTURE_OPERATIONS.a + (DAYS * storedSongs(plan)) / 500;
  const b = probes * PROBE.b + made * SONG_OPERATIONS.b + users * (PICTURE_OPERATIONS.b + plays * (READS_PER_PLAY + 1));
  return [
    { part: 'media', price: 'storedGib', units: bytes / GIB },
    { part: 'media', price: 'operationsA', units: a },
    { part: 'media', price: 'operationsB', units: b },
  ];
}

/** What listeners take is most of the bill: nothing is kept back for browsers that have a song already. */
export function egressUse({ users, plays }: Plan, calls: Map<string, number>): Use[] {
  const answers = [...calls.values()].reduce((sum, count) => sum + count, 0) * BYTES_PER_CALL;
  const pictures = (calls.get('showCover') ?? 0) + (calls.get('showImage') ?? 0);
  const bytes = users * plays * BYTES_PER_PLAY + pictures * THUMB_BYTES + answers;
  return [
    { part: 'egress', price: 'sentGib', units: bytes / GIB },
    { part: 'hosting', price: 'hostingSentGib', units: (answers * HOSTED_SHARE) / GIB },
  ];
}

/** Most apps take the functions' own address; the page at /docs is nothing beside it. */
const HOSTED_SHARE = 0.1;

export function keptBackupsUse(plan: Plan): Use[] {
  const daysBack = Array.from({ length: KEPT_DAYS }, (_, day) => Math.max(0, plan.months - day / DAYS));
  const documents = daysBack.reduce((sum, months) => sum + storedDocuments({ ...plan, months }), 0);
  const writtenDaily = DAYS * (20 + storedDocuments(plan) / DOCUMENTS_OF_OBJECT / 7);
  return [
    { part: 'backups_stored', price: 'storedGib', units: (documents * DOCUMENTS.bytes) / GIB },
    { part: 'backups_stored', price: 'operationsA', units: writtenDaily },
    { part: 'backups_stored', price: 'operationsB', units: writtenDaily * 2 },
  ];
}
