import type { DocumentSnapshot } from '@google-cloud/firestore';
import { type BalanceFault, type Discrepancy, type EntryFault, verifyBalance, verifyEntry } from '#shared/limits';
import { database, within } from '#shared/runtime';
import { pagesOf } from './pagesOf.ts';
import { type ReservationFault, verifyReservations } from './verifyReservations.ts';

export type LedgerFault = EntryFault | BalanceFault | ReservationFault;

export interface LedgerReport {
  checked: LedgerCounts;
  /** How many there are; `discrepancies` lists the first of them. */
  discrepancyCount: number;
  discrepancies: Discrepancy<LedgerFault>[];
}

export interface LedgerCounts {
  entries: number;
  requests: number;
  balances: number;
}

interface Options {
  /** Looks only at what was written since, by the service's clock. */
  sinceAt?: Date;
  /** Told what has been checked so far, after every page. */
  progress?: (checked: LedgerCounts) => void;
  /** Most discrepancies to list. */
  most?: number;
}

/** Of people and of discrepancies, so that none is looked at or told twice. Beyond it some are. */
const MOST_REMEMBERED = 100_000;
const SIDE_BY_SIDE = 25;
const CALL_LIMIT_MS = 30_000;

/**
 * Checks the books against the database (G3): every entry by itself, every balance against the sum of its entries, every
 * reservation against its request and every request against its reservation. It changes nothing, may run at any time beside the
 * service, and needs the same memory whatever the size.
 *
 * Reads at most 6 documents for each request; 2 for each day on which somebody asked for songs; for each person 3, and 1 more per
 * 1,000 of his entries. With `sinceAt` the same, but only of what was written since, and of the people it belongs to: a
 * balance that was changed without an entry is then found only when its owner did something else.
 */
export async function verifyLedger({ sinceAt, progress, most = 100 }: Options = {}): Promise<LedgerReport> {
  const report: LedgerReport = { checked: { entries: 0, requests: 0, balances: 0 }, discrepancyCount: 0, discrepancies: [] };
  const { checked } = report;
  const since = (field: string) => sinceAt && { field, at: sinceAt };
  const isNew = firstTime<string>();
  const isNewPerson = firstTime<string>();
  const add = (faults: Discrepancy<LedgerFault>[]) => {
    const fresh = faults.filter(({ kind, uid, generationId, entryId }) => isNew([kind, uid, generationId, entryId].join(' ')));
    report.discrepancyCount += fresh.length;
    report.discrepancies.push(...fresh.slice(0, most - report.discrepancies.length));
    progress?.({ ...checked });
  };
  const addBalances = async (uids: string[]) => {
    const fresh = uids.filter(isNewPerson);
    checked.balances += fresh.length;
    add(await verifyBalances(fresh));
  };

  for await (const entries of pagesOf('ledger', since('createdAt'))) {
    checked.entries += entries.length;
    add(entries.flatMap(verifyEntry));
    add(await verifyReservations(await requestsNotListed(entries, sinceAt)));
    await addBalances(entries.flatMap(uidOf));
  }
  for await (const tasks of pagesOf('generationWork', since('updatedAt'))) {
    const requests = tasks.filter(({ id }) => id.startsWith('gen_')); // the worker has other tasks there too
    checked.requests += requests.length;
    add(await verifyReservations(requests));
  }
  if (sinceAt) return report;
  for await (const quotas of pagesOf('quotas')) {
    await addBalances(quotas.map(({ id }) => id).filter((id) => !SERVICE_DAY.test(id)));
  }
  return report;
}

/** What the service spends in a day stands beside what people have. */
const SERVICE_DAY = /^service_\d{4}-\d{2}-\d{2}$/;

/** Requests of these entries that the list of requests does not show: they are not there, or have not changed since. */
async function requestsNotListed(entries: DocumentSnapshot[], sinceAt: Date | undefined): Promise<DocumentSnapshot[]> {
  const ids = new Set(entries.map((entry) => /^(gen_\w+)_(?:reserve|end)$/.exec(entry.id)?.[1]).filter((id) => id !== undefined));
  if (ids.size === 0) return [];
  const db = await database();
  const refs = [...ids].map((id) => db.doc(`generationWork/${id}`));
  const requests = await within(CALL_LIMIT_MS, 'the requests', db.getAll(...refs));
  return requests.filter((request) => !request.exists || (sinceAt && !(request.get('updatedAt')?.toDate() >= sinceAt)));
}

async function verifyBalances(uids: string[]): Promise<Discrepancy<BalanceFault>[]> {
  const faults: Discrepancy<BalanceFault>[] = [];
  for (let at = 0; at < uids.length; at += SIDE_BY_SIDE) {
    const found = await Promise.all(uids.slice(at, at + SIDE_BY_SIDE).map(verifyBalance));
    faults.push(...found.filter((fault) => fault !== undefined));
  }
  return faults;
}

/** Whose it is; nobody's when it says what no uid can be. */
function uidOf(entry: DocumentSnapshot): string[] {
  const uid: unknown = entry.get('uid');
  return typeof uid === 'string' && IS_DOCUMENT_ID.test(uid) ? [uid] : [];
}

// firebase.google.com/docs/firestore/quotas#collections_documents_and_fields
const IS_DOCUMENT_ID = /^(?!\.{1,2}$|__.*__$)[^/]+$/su;

/** Says of each whether it comes for the first time. */
function firstTime<Id>(): (id: Id) => boolean {
  const known = new Set<Id>();
  return (id) => {
    if (known.has(id)) return false;
    if (known.size < MOST_REMEMBERED) known.add(id);
    return true;
  };
}
