export {
  ensureAccount,
  type KnownUser,
  Locale,
  readUser,
  sessionsEndAt,
  tombstoneRef,
  UserDocument,
  UserPrivate,
} from './account.ts';
export { askOrRecall } from './askOrRecall.ts';
export { AuthSilent, authAdmin, authErrorCode, findAuthRecord } from './authAdmin.ts';
export { authenticate, type Credentials, requireRole } from './authenticate.ts';
export type { Access, Caller, CallerOf, HeldTicket, Role } from './caller.ts';
export {
  availability,
  type Dependency,
  dependsOnStorage,
  forgetAvailability,
  HURRY_MS,
  isOutage,
  judge,
  knownAvailability,
  ownStores,
  requireOpen,
  type StorageState,
  type StoreState,
  storesDown,
} from './features.ts';
export { type FindAll, type Found, findNeeds, type Needs, needsOf } from './need.ts';
export { requireAnotherOperator } from './operators.ts';
export { rules } from './rules.ts';
export { disableAsWritten, enableAsWritten } from './tellAuth.ts';
export { issueTicket, type TicketClaims, verifyTicket } from './ticket.ts';
export { forgetUserState, lookUpUserState, recallUserState } from './userState.ts';
export { verifyIdToken } from './verifyToken.ts';
