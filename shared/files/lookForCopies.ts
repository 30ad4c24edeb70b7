import { MediaFault, type MediaStore } from '#shared/media';
import type { FileObject } from './schema.ts';
import type { StoresInUse } from './storesInUse.ts';
import type { CopyState } from './verifyCopy.ts';

export interface Copies {
  /** Stores that are said to have it, and have it not, or not as it was. */
  bad: { store: MediaStore; state: CopyState }[];
  /** Where it is, when no store that works is said to have it: its store has got another name, or its record was written by hand. */
  elsewhere: MediaStore[];
  /** No store has it whole, and all of them could be asked. */
  isLost: boolean;
}

interface Looking {
  stores: StoresInUse;
  /** `findCopy` or `verifyCopy`. */
  look(store: MediaStore): Promise<CopyState>;
  /** A store of which nothing can be said now. */
  onFault(store: MediaStore, fault: MediaFault): void;
}

/** Looks into the stores that are said to have an object; into the others, when it is in none of those. */
export async function lookForCopies(object: FileObject, looking: Looking): Promise<Copies> {
  const { all } = looking.stores;
  const said = await lookInto(
    all.filter(({ id }) => object.storeIds.includes(id)),
    looking,
  );
  const bad = said.flatMap(({ store, state }) => (state === 'missing' || state === 'damaged' ? [{ store, state }] : []));
  if (bad.length < said.length) return { bad, elsewhere: [], isLost: false };
  const others = await lookInto(
    all.filter(({ id }) => !object.storeIds.includes(id)),
    looking,
  );
  const elsewhere = others.filter(({ state }) => state === 'good').map(({ store }) => store);
  return { bad, elsewhere, isLost: others.every(({ state }) => state === 'missing' || state === 'damaged') };
}

async function lookInto(stores: MediaStore[], { stores: inUse, look, onFault }: Looking) {
  return await Promise.all(
    stores.map(async (store) => {
      try {
        return { store, state: await inUse.ask(store, () => look(store)) };
      } catch (error) {
        if (!(error instanceof MediaFault)) throw error;
        onFault(store, error);
        return { store, state: undefined };
      }
    }),
  );
}
