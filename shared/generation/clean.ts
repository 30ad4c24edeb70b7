import { objectPrefixes } from './objects.ts';
import { commit, finish, type Lease, type Record } from './store.ts';
import { rest } from './transitions.ts';
import { Work } from './work.ts';
import type { Worker } from './worker.ts';

/** Removes every byte of songs that nobody is to have: of deleted ones, and of those whose request was cancelled. Safe to repeat. */
export async function clean({ world, store }: Worker, lease: Lease<Record>, songIds: string[]): Promise<void> {
  for (const prefix of songIds.flatMap(objectPrefixes)) {
    for await (const { name } of store.list(prefix)) await store.delete(name);
  }
  const work = Work.safeParse(lease.record).data;
  if (work) await commit({ ...lease, record: work }, world, rest);
  else await finish(lease);
}
