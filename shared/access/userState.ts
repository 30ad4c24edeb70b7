/**
 * What decides whether a person may still act: Auth's record (operators edit it in the Firebase console) and `userPrivate`.
 * Looked up at most every 30 s per process; admin functions look every time (G7).
 */
import { z } from 'zod';
import { Cache, type Clock, hashUid, log, within } from '#shared/runtime';
import { ensureAccount, readUserPrivate, type UserPrivate } from './account.ts';
import { agreeWithAuth } from './agreeWithAuth.ts';
import { askOrRecall } from './askOrRecall.ts';
import { findAuthRecord } from './authAdmin.ts';
import type { Role } from './caller.ts';

export interface UserState {
  /** False when the account is disabled, deleted, or was never made. */
  isOpen: boolean;
  role: Role;
  /** Sessions that began earlier, in seconds since the epoch, have ended. */
  validAfterS: number;
}

const CLOSED: UserState = { isOpen: false, role: 'user', validAfterS: Number.POSITIVE_INFINITY };

/** Each part of a look has its own limit: who is told that it failed is told what was silent. */
const READ_LIMIT_MS = 5_000;
const LOOK_LIMIT_MS = 8_000;

const states = new Cache<UserState>({ maxEntries: 10_000, maxAgeMs: 30_000 });

export function lookUpUserState(uid: string, clock: Clock, { fresh = false } = {}): Promise<UserState> {
  const load = () => within(LOOK_LIMIT_MS, "the account's state", readUserState(uid, clock));
  return fresh ? states.refresh(uid, clock, load) : states.get(uid, clock, load);
}

/** For tickets: while the database is away, the state last known, or undefined when nothing is. */
export function recallUserState(uid: string, clock: Clock): Promise<UserState | undefined> {
  return askOrRecall(states, uid, clock, () => lookUpUserState(uid, clock));
}

/** To be called after a change of the user's state here, so that this process acts on it at once. */
export function forgetUserState(uid: string): void {
  states.forget(uid);
}

async function readUserState(uid: string, clock: Clock): Promise<UserState> {
  const reading = within(READ_LIMIT_MS, "the account's document", readUserPrivate(uid));
  const [record, stored] = await Promise.all([findAuthRecord(uid), reading.catch((error: unknown) => spoilt(uid, error))]);
  if (stored === 'spoilt') return CLOSED;
  const agreed = stored && (await agreeWithAuth(uid, stored, record));
  if (!record || record.disabled) return CLOSED; // no documents yet: an account enabled later begins as an open one
  const userPrivate = agreed ?? (await ensureAccount(record, {}, new Date(clock.now())));
  if (!userPrivate) return CLOSED;
  return {
    isOpen: !userPrivate.disabled,
    role: userPrivate.role,
    validAfterS: validAfterS(userPrivate, record.tokensValidAfterTime),
  };
}

/** By somebody's hand. Nobody can tell what was meant, so it lets nobody in. */
function spoilt(uid: string, error: unknown): 'spoilt' {
  if (!(error instanceof z.ZodError)) throw error;
  log.error('user_private_unreadable', { uidHash: hashUid(uid), error });
  return 'spoilt';
}

function validAfterS({ validAfterAt }: UserPrivate, tokensValidAfterTime: string | undefined): number {
  const times = [Date.parse(validAfterAt), Date.parse(tokensValidAfterTime ?? '') || 0];
  return Math.floor(Math.max(...times) / 1000);
}
