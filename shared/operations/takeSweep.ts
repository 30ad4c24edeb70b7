/**
 * How far the sweep has come, and whose turn it is: `jobRuns/sweepStorage`, which is there only while a sweep is under way.
 *
 * A claim of its own, beside that of each run (`runJob`): one sweep may take several runs, which are due at different times.
 */
import { z } from 'zod';
import { fromDocument, toDocument, transact, type World } from '#shared/runtime';
import { NO_ORPHANS, type Orphans } from './sweep.ts';

/** In which part, after what, and what that part has found so far. */
export interface SweepPosition {
  part: string;
  after: string;
  orphans: Orphans;
}

const Found = z.object({ count: z.int(), names: z.array(z.string()) });

const Turn = z.object({
  claimId: z.string(),
  leaseUntilAt: z.iso.datetime(),
  position: z.object({ part: z.string(), after: z.string(), orphans: Found.default(NO_ORPHANS) }).nullable(),
});
type Turn = z.output<typeof Turn>;

export interface SweepTurn {
  /** Where to go on; undefined: from the beginning. */
  position: SweepPosition | undefined;
  /** Tells from time to time that somebody is at it, and how far. @returns false when another has taken over */
  keep(position: SweepPosition): Promise<boolean>;
  /** For the next run to go on from here. */
  stop(position: SweepPosition): Promise<void>;
  /** All is done. */
  end(): Promise<void>;
}

interface Bounds {
  saveMs: number;
  leaseMs: number;
}

const DOCUMENT = 'jobRuns/sweepStorage';

/** @returns undefined while another run is at it */
export async function takeSweep({ clock, newId }: World, { saveMs, leaseMs }: Bounds): Promise<SweepTurn | undefined> {
  const claimId = newId('clm');
  const leased = () => new Date(clock.now() + leaseMs).toISOString();
  const position = await transact(async (transaction, db) => {
    const found = readTurn((await transaction.get(db.doc(DOCUMENT))).data());
    if (found && Date.parse(found.leaseUntilAt) > clock.now()) return undefined;
    const known = found?.position ?? null;
    transaction.set(db.doc(DOCUMENT), toDocument({ claimId, leaseUntilAt: leased(), position: known } satisfies Turn));
    return { known };
  });
  if (!position) return undefined;
  let savedAtMs = clock.monotonicMs();

  /** @param turn - null: there is nothing to go on with */
  const write = (turn: Omit<Turn, 'claimId'> | null) =>
    transact(async (transaction, db) => {
      const isOurs = readTurn((await transaction.get(db.doc(DOCUMENT))).data())?.claimId === claimId;
      if (isOurs && turn) transaction.set(db.doc(DOCUMENT), toDocument({ claimId, ...turn }));
      else if (isOurs) transaction.delete(db.doc(DOCUMENT));
      return isOurs;
    });
  return {
    position: position.known ?? undefined,
    keep(reached) {
      if (clock.monotonicMs() - savedAtMs < saveMs) return Promise.resolve(true);
      savedAtMs = clock.monotonicMs();
      return write({ leaseUntilAt: leased(), position: reached });
    },
    async stop(reached) {
      await write({ leaseUntilAt: new Date(clock.now()).toISOString(), position: reached });
    },
    async end() {
      await write(null);
    },
  };
}

/** What somebody has spoiled by hand is nothing known. */
function readTurn(data: Record<string, unknown> | undefined): Turn | undefined {
  return data && Turn.safeParse(fromDocument(data)).data;
}
