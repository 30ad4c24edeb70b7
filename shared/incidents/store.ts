/** Incidents and how alerts stand, in Firestore. While all is well, a minute costs one read and no write. */
import type { DocumentSnapshot, Firestore, Transaction } from '@google-cloud/firestore';
import type { z } from 'zod';
import { database, fromDocument, log, toDocument, transact, type World, within } from '#shared/runtime';
import { alertOf } from './alertOf.ts';
import { ALERTS } from './alerts.ts';
import { type Judgement, judge, type Standing } from './judge.ts';
import { AlertState, type Finding, type Incident, StoredIncident, shown } from './schema.ts';

const CALL_LIMIT_MS = 5_000;
/** One for each alert, and for some that a deployment has removed. */
export const MOST_STATES = ALERTS.length + 10;

export function incidentRef(db: Firestore, incidentId: string) {
  return db.doc(`incidents/${incidentId}`);
}

function stateRef(db: Firestore, alert: string) {
  return db.doc(`alertStates/${alert}`);
}

/** Alerts that are bad, or have not been good for long enough. One read when there is none. */
export async function readAlertStates(): Promise<Map<string, AlertState>> {
  const db = await database();
  const { docs } = await within(CALL_LIMIT_MS, 'the alerts', db.collection('alertStates').limit(MOST_STATES).get());
  const states = docs.map((document) => parsed(AlertState, document)).filter((state) => state !== undefined);
  return new Map(states.map((state) => [state.alert, state]));
}

export async function readIncident(incidentId: string): Promise<StoredIncident | undefined> {
  const db = await database();
  return parsed(StoredIncident, await incidentRef(db, incidentId).get());
}

/** What somebody has spoiled by hand is as if it were not there: the next look writes it anew. */
export function parsed<T extends z.ZodType>(schema: T, document: DocumentSnapshot): z.output<T> | undefined {
  if (!document.exists) return undefined;
  const result = schema.safeParse(fromDocument(document.data() ?? {}));
  if (!result.success) log.warn('document_unreadable', { collection: document.ref.parent.id, id: document.id });
  return result.data;
}

/**
 * What one finding does to its alert, in one transaction: two watches that find the same at the same moment open one incident.
 * It may die at any point, and be repeated.
 */
export async function applyFinding(finding: Finding, { clock, newId }: Pick<World, 'clock' | 'newId'>): Promise<Judgement> {
  const work = transact(async (transaction, db) => {
    const before = await readStanding(transaction, db, finding.alert);
    const judgement = judge(before, finding, new Date(clock.now()), newId('inc'));
    if (judgement.change !== 'none' && judgement.after) writeStanding(transaction, db, judgement.after);
    return judgement;
  });
  return await within(CALL_LIMIT_MS, 'the alert', work);
}

async function readStanding(transaction: Transaction, db: Firestore, alert: string): Promise<Standing | undefined> {
  const state = parsed(AlertState, await transaction.get(stateRef(db, alert)));
  const incident = state && parsed(StoredIncident, await transaction.get(incidentRef(db, state.incidentId)));
  return state && incident && incident.state !== 'resolved' ? { state, incident } : undefined;
}

/** An incident that is over leaves nothing but itself. */
function writeStanding(transaction: Transaction, db: Firestore, { state, incident }: Standing): void {
  transaction.set(incidentRef(db, incident.incidentId), toDocument(incident));
  if (incident.state === 'resolved') transaction.delete(stateRef(db, state.alert));
  else transaction.set(stateRef(db, state.alert), toDocument(state));
}

/**
 * Writes down what was noticed while the database was away, unless somebody else has noticed it as well and was quicker, or it stands there
 * already: it may even be over by now.
 */
export async function recordStanding(standing: Standing): Promise<void> {
  const work = transact(async (transaction, db) => {
    const { alert, incidentId } = standing.state;
    const isThere = (await transaction.get(incidentRef(db, incidentId))).exists || (await readStanding(transaction, db, alert));
    if (!isThere) writeStanding(transaction, db, standing);
  });
  await within(CALL_LIMIT_MS, 'the incident', work);
}

/** With the change itself, so that nothing changes unseen. */
export type Along = (transaction: Transaction, db: Firestore, change: { before: object; after: object }) => void;

/**
 * Somebody looks after it: what only lasts does not get worse any more. Repeating it, or saying it of what is over, changes nothing.
 *
 * @returns undefined when there is no such incident
 */
export async function acknowledge(
  incidentId: string,
  { uid, now }: { uid: string; now: Date },
  along: Along,
): Promise<Incident | undefined> {
  return await transact(async (transaction, db) => {
    const incident = parsed(StoredIncident, await transaction.get(incidentRef(db, incidentId)));
    if (incident?.state !== 'open') return incident && shown(incident);
    const at = now.toISOString();
    const change = { state: 'acknowledged', acknowledgedAt: at, acknowledgedBy: uid, updatedAt: at } as const;
    transaction.update(incidentRef(db, incidentId), toDocument(change));
    along(transaction, db, { before: { state: incident.state }, after: { state: change.state, alert: alertOf(incident.alert).name } });
    return shown({ ...incident, ...change });
  });
}
