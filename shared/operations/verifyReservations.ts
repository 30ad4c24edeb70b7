import type { DocumentSnapshot, Firestore } from '@google-cloud/firestore';
import { z } from 'zod';
import { Generation } from '#shared/generation';
import type { Discrepancy } from '#shared/limits';
import { database, within } from '#shared/runtime';

export type ReservationFault =
  | 'request_unreadable'
  | 'request_without_reservation'
  | 'reservation_without_request'
  | 'reservation_of_another'
  | 'reservation_not_ended'
  | 'end_without_reservation'
  | 'end_contradicts_request'
  | 'credits_contradict_state';

/** What the books need to know of a request. */
const { shape } = Generation;
const Request = z.object({ ownerId: shape.ownerId, state: shape.state, credits: shape.credits });
type Request = z.output<typeof Request>;

const Booked = z.object({ uid: z.string(), kind: z.string() }).catch({ uid: 'nobody', kind: 'nothing' });

/** A request and its two entries: they have to tell the same story. */
interface Story {
  request: DocumentSnapshot;
  reserve: DocumentSnapshot;
  end: DocumentSnapshot;
}

const CALL_LIMIT_MS = 30_000;

/**
 * Compares requests for songs with their reservations. What looks wrong is read again in one transaction, of one moment: work in
 * progress is no discrepancy.
 *
 * Reads 2 entries for each request, and 3 documents more for one that looks wrong. Writes nothing.
 *
 * @param requests - documents of `generationWork`, also of requests that are not there
 */
export async function verifyReservations(requests: DocumentSnapshot[]): Promise<Discrepancy<ReservationFault>[]> {
  if (requests.length === 0) return [];
  const db = await database();
  const entries = await within(CALL_LIMIT_MS, 'the entries', db.getAll(...requests.flatMap(({ id }) => entriesOf(db, id))));
  const faults: Discrepancy<ReservationFault>[] = [];
  for (const [at, request] of requests.entries()) {
    const story = { request, reserve: entries[2 * at]!, end: entries[2 * at + 1]! };
    if (faultsOf(story).length > 0) faults.push(...faultsOf(await readAtOnce(db, request)));
  }
  return faults;
}

function entriesOf(db: Firestore, generationId: string) {
  return [db.doc(`ledger/${generationId}_reserve`), db.doc(`ledger/${generationId}_end`)] as const;
}

async function readAtOnce(db: Firestore, { ref, id }: DocumentSnapshot): Promise<Story> {
  const refs = [ref, ...entriesOf(db, id)];
  const read = db.runTransaction((transaction) => transaction.getAll(...refs), { readOnly: true }); // takes no locks
  const [request, reserve, end] = await within(CALL_LIMIT_MS, 'a request and its entries', read);
  return { request: request!, reserve: reserve!, end: end! };
}

function faultsOf({ request, reserve, end }: Story): Discrepancy<ReservationFault>[] {
  const faults: Discrepancy<ReservationFault>[] = [];
  const add = (kind: ReservationFault, said: string, found: string) => faults.push({ kind, generationId: request.id, said, found });
  if (end.exists && !reserve.exists) add('end_without_reservation', kindOf(end), 'no reserve');
  if (!request.exists) {
    if (reserve.exists) add('reservation_without_request', 'reserve', 'no request');
    return faults;
  }
  const parsed = Request.safeParse(request.data());
  if (!parsed.success) {
    add('request_unreadable', 'owner, state and credits', 'not, or not so');
    return faults;
  }
  const { ownerId, state, credits } = parsed.data;
  if (!reserve.exists) add('request_without_reservation', state, 'no reserve');
  const stranger = [reserve, end].filter(({ exists }) => exists).find((entry) => Booked.parse(entry.data()).uid !== ownerId);
  if (stranger) add('reservation_of_another', ownerId, Booked.parse(stranger.data()).uid);

  const due = endsDue(parsed.data);
  const matches = due.find(({ settled, released }) => credits.settled === settled && credits.released === released);
  if (credits.reserved !== 1 || !matches) add('credits_contradict_state', state, inWords(credits));
  const allowed = (matches ? [matches] : due).map(({ entry }) => entry);
  const found = end.exists ? kindOf(end) : 'no end';
  if (!allowed.includes(found))
    add(end.exists ? 'end_contradicts_request' : 'reservation_not_ended', `${state}: ${allowed.join(' or ')}`, found);
  return faults;
}

const OPEN = { entry: 'no end', settled: 0, released: 0 };
const SETTLED = { entry: 'settle', settled: 1, released: 0 };
const RELEASED = { entry: 'release', settled: 0, released: 1 };

/** How the credit of a request in this state has ended. Of a cancelled one, its credits say which: it depends on when it was. */
function endsDue({ state }: Request): (typeof OPEN)[] {
  switch (state) {
    case 'ready':
      return [SETTLED];
    case 'failed':
      return [RELEASED];
    case 'cancelled':
      return [SETTLED, RELEASED];
    default:
      return [OPEN];
  }
}

function kindOf(entry: DocumentSnapshot): string {
  return Booked.parse(entry.data()).kind;
}

function inWords({ reserved, settled, released }: Request['credits']): string {
  return `reserved ${reserved}, settled ${settled}, released ${released}`;
}
