/** Two stores as one: nothing acknowledged is lost, what is damaged is replaced, what was deleted does not come back. */
import type { Mutant } from '../../scripts/check/mutant.ts';

const CASES = 'tests/shared/files/replicateCases.test.ts';
const MODEL = 'tests/shared/media/storeModel.test.ts';

const copyMutants: Omit<Mutant, 'guarantee'>[] = [
  {
    file: 'shared/files/verifyCopy.ts',
    search: "return seen === object.bytes && hash.digest('hex') === object.sha256 ?",
    replace: 'return seen === object.bytes ?',
    test: CASES,
  },
  {
    file: 'shared/files/copyObject.ts',
    search: 'if (staged.sha256 === sha256) return staged;',
    replace: 'return staged;',
    test: CASES,
  },
  {
    file: 'shared/files/copyObject.ts',
    search: 'if (isDamaged) await target.delete(name);',
    replace: '',
    test: 'tests/shared/files/replicate.test.ts',
  },
  {
    // Two runs are at the same file.
    file: 'shared/files/replicate.ts',
    search: 'return (await write({ dueAt: inMs(bounds.leaseMs) })) ? { record, write } : undefined;',
    replace: 'return { record, write };',
    test: CASES,
  },
  {
    // It comes back after it was deleted, and nobody knows of it.
    file: 'shared/files/replicate.ts',
    search: 'if (!isStored && !(await isKept(fileId))) return await removeFromAll(objects, run);',
    replace: '',
    test: CASES,
  },
  {
    // Found first in every look.
    file: 'shared/files/replicate.ts',
    search: 'await write({ dueAt: inMs(bounds.backoffMs.most) });',
    replace: '',
    test: CASES,
  },
];

const storeMutants: Omit<Mutant, 'guarantee'>[] = [
  {
    file: 'shared/media/hybridStore.ts',
    search: 'const ends = await Promise.allSettled(this.stores.map(work));',
    replace: 'for (const store of this.stores) await work(store);\n    const ends: PromiseSettledResult<void>[] = [];',
    test: MODEL,
  },
  {
    // The next store gets the rest of what the first one could not keep.
    file: 'shared/media/hybridStore.ts',
    search: '!once.isTaken()',
    replace: 'true',
    test: MODEL,
  },
  {
    // What a store that is away has is said to be missing.
    file: 'shared/media/hybridStore.ts',
    search: 'if (worst === undefined || vagueness(error) > vagueness(worst)) worst = error;',
    replace: 'worst = error;',
    test: MODEL,
  },
  {
    file: 'shared/endpoint/register.ts',
    search: '  checkStores();\n',
    replace: '',
    test: 'tests/built/buildStores.test.ts',
  },
];

const showMutants: Omit<Mutant, 'guarantee'>[] = [
  {
    file: 'shared/files/showObject.ts',
    search: 'await reportLost(object.name, store.id, now);',
    replace: '',
    test: 'tests/endpoints/songs/streamStores.test.ts',
  },
  {
    // A listener is led to a bucket that does not have it.
    file: 'shared/files/showObject.ts',
    search: 'if (!(await isThere(store, object, now))) continue;',
    replace: '',
    test: 'tests/endpoints/songs/streamDirectoryAndBucket.test.ts',
  },
];

export const hybridMutants: Mutant[] = [...copyMutants, ...storeMutants, ...showMutants].map((mutant) => ({ guarantee: 'G8', ...mutant }));
