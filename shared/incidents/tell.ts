/**
 * The channels. What is to be told stands in the incidents themselves, so nothing is forgotten: it is sent first and crossed off then.
 * Whoever dies between has it sent again, under the same id. Of several watches one sends: it holds the claim in `alertChannels/webhook`.
 */
import type { Firestore } from '@google-cloud/firestore';
import { z } from 'zod';
import { database, log, toDocument, transact, type World, within } from '#shared/runtime';
import { messageOf } from './message.ts';
import { type Finding, type Notice, StoredIncident } from './schema.ts';
import { incidentRef, parsed } from './store.ts';
import { type Sent, sendMessage, WEBHOOK_BOUNDS, type WebhookBounds } from './webhook.ts';

export const TELL_BOUNDS = {
  /** Longer than all tries of one message. */
  leaseMs: 45_000,
  warningsEveryMs: 60 * 60_000,
  /** Told in one pass; the next one goes on. */
  incidents: 30,
  callMs: 5_000,
};

const At = z.iso.datetime().nullable().default(null);
const Channel = z.object({
  claimId: z.string().nullable().default(null),
  claimedUntilAt: At,
  warnedAt: At,
  failingSinceAt: At,
  why: z.string().nullable().default(null),
});
type Channel = z.output<typeof Channel>;

/** Sends and logs what is due. @returns how the webhook does, as a finding of the alert about it; undefined while another watch is at it */
export async function tellOperators(world: World, bounds: WebhookBounds = WEBHOOK_BOUNDS): Promise<Finding | undefined> {
  const db = await database();
  const untold = await listUntold(db);
  const channel = untold.length > 0 ? await claim(world) : (parsed(Channel, await channelRef(db).get()) ?? Channel.parse({}));
  if (!channel) return undefined;
  if (untold.length === 0) return findingOf(channel);

  const logged = untold.filter(({ notices }) => notices.some(({ isLogged }) => !isLogged));
  for (const incident of logged) logNotices(incident);
  const { due, areWarningsDue } = dueOf(untold, channel, world.clock.now());
  const sent: Sent = due.length > 0 ? await sendMessage(messageOf(due), world, bounds) : { isAccepted: true };
  const reached = sent.isAccepted ? due : [];
  const told = [...new Set([...logged, ...reached])];
  await Promise.all(told.map((incident) => crossOff(incident, { isSent: reached.includes(incident) })));
  const now = new Date(world.clock.now()).toISOString();
  const tried = due.length === 0 ? {} : afterTry(channel, sent, now);
  const after: Channel = { ...channel, ...tried, ...(areWarningsDue && sent.isAccepted ? { warnedAt: now } : {}) };
  await release(after);
  return findingOf(after);
}

function afterTry({ failingSinceAt }: Channel, sent: Sent, now: string): Pick<Channel, 'failingSinceAt' | 'why'> {
  return sent.isAccepted ? { failingSinceAt: null, why: null } : { failingSinceAt: failingSinceAt ?? now, why: sent.why };
}

function findingOf({ failingSinceAt, why }: Channel): Finding {
  return { alert: 'webhook_dead', state: failingSinceAt === null ? 'good' : 'bad', observed: why ?? 'accepted' };
}

function channelRef(db: Firestore) {
  return db.doc('alertChannels/webhook');
}

async function listUntold(db: Firestore): Promise<StoredIncident[]> {
  const untold = db.collection('incidents').where('isUntold', '==', true);
  // However many warnings wait, they keep nothing critical from being seen.
  const queries = [untold.where('severity', '==', 'critical'), untold].map((query) => query.limit(TELL_BOUNDS.incidents).get());
  const found = await within(TELL_BOUNDS.callMs, 'what is to be told', Promise.all(queries));
  const byId = new Map(found.flatMap(({ docs }) => docs).map((document) => [document.id, document]));
  const incidents = [...byId.values()].map((document) => parsed(StoredIncident, document)).filter((incident) => incident !== undefined);
  return incidents.sort(whatIsNotOverFirst).slice(0, TELL_BOUNDS.incidents);
}

/** Critical before the rest, what is open before what is over, the oldest first. */
function whatIsNotOverFirst(one: StoredIncident, other: StoredIncident): number {
  const rank = ({ severity, state }: StoredIncident) => (severity === 'critical' ? 0 : 2) + (state === 'resolved' ? 1 : 0);
  return rank(one) - rank(other) || one.openedAt.localeCompare(other.openedAt);
}

/** @returns undefined while another has it; one that died loses it with its lease */
async function claim({ clock, newId }: World): Promise<Channel | undefined> {
  const claimId = newId('clm');
  const work = transact(async (transaction, db) => {
    const channel = parsed(Channel, await transaction.get(channelRef(db))) ?? Channel.parse({});
    const leftMs = channel.claimedUntilAt === null ? 0 : Date.parse(channel.claimedUntilAt) - clock.now();
    if (leftMs > 0 && leftMs <= TELL_BOUNDS.leaseMs) return undefined; // further ahead: by a clock that was wrong
    const claimed = { ...channel, claimId, claimedUntilAt: new Date(clock.now() + TELL_BOUNDS.leaseMs).toISOString() };
    transaction.set(channelRef(db), toDocument(claimed));
    return claimed;
  });
  return await within(TELL_BOUNDS.callMs, 'the claim of the channel', work);
}

/** Unless another has taken over: then it knows better. */
async function release(channel: Channel): Promise<void> {
  const work = transact(async (transaction, db) => {
    const now = parsed(Channel, await transaction.get(channelRef(db)));
    if (now?.claimId === channel.claimId) transaction.set(channelRef(db), toDocument({ ...channel, claimId: null, claimedUntilAt: null }));
  });
  await within(TELL_BOUNDS.callMs, 'the claim of the channel', work);
}

/** What is critical goes at once, and takes along nothing; warnings are gathered. */
function dueOf(untold: StoredIncident[], { warnedAt }: Channel, nowMs: number) {
  const unsent = untold.filter(({ notices }) => notices.some(({ isSent }) => !isSent));
  const [critical, warnings] = [
    unsent.filter(({ severity }) => severity === 'critical'),
    unsent.filter(({ severity }) => severity !== 'critical'),
  ];
  const sinceMs = warnedAt === null ? Number.POSITIVE_INFINITY : nowMs - Date.parse(warnedAt);
  const areWarningsDue = warnings.length > 0 && (sinceMs >= TELL_BOUNDS.warningsEveryMs || sinceMs < 0);
  return { due: [...critical, ...(areWarningsDue ? warnings : [])], areWarningsDue };
}

/** What was told of it is told; what has come meanwhile is not. */
async function crossOff(told: StoredIncident, { isSent }: { isSent: boolean }): Promise<void> {
  const work = transact(async (transaction, db) => {
    const ref = incidentRef(db, told.incidentId);
    const incident = parsed(StoredIncident, await transaction.get(ref));
    if (!incident) return;
    const notices = incident.notices.map((notice) =>
      wasTold(notice, told) ? { ...notice, isLogged: true, isSent: notice.isSent || isSent } : notice,
    );
    const isUntold = notices.some((notice) => !notice.isLogged || !notice.isSent);
    transaction.update(ref, toDocument({ notices, isUntold }));
  });
  await within(TELL_BOUNDS.callMs, 'what was told', work);
}

function wasTold({ kind, noticedAt }: Notice, { notices }: StoredIncident): boolean {
  return notices.some((notice) => notice.kind === kind && notice.noticedAt === noticedAt);
}

/** One line each. Their form is part of scripts/monitoring/, and what `npm start` shows in its terminal. */
export function logNotices({ incidentId, alert, severity, title, evidence, notices }: StoredIncident): void {
  for (const { kind } of notices.filter(({ isLogged }) => !isLogged)) {
    const level = kind === 'resolved' || severity === 'info' ? 'info' : severity === 'warning' ? 'warn' : 'error';
    log[level](`incident_${kind}`, { incidentId, alert, incidentSeverity: severity, title, observed: evidence.at(-1)?.observed });
  }
}
