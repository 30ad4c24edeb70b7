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
export { authAdmin, authErrorCode, disableInAuth, findAuthRecord } from './authAdmin.ts';
export { authenticate, requireRole } from './authenticate.ts';
export type { Access, Caller, CallerOf, Role } from './caller.ts';
export {
  availability,
  type Dependency,
  dependsOnStorage,
  forgetAvailability,
  judge,
  knownAvailability,
  ownStores,
  requireOpen,
  type StorageState,
  type StoreState,
  storesDown,
} from './features.ts';
export { type FindAll, type Found, findNeeds, type Needs, needsOf } from './need.ts';
export { rules } from './rules.ts';
export { issueTicket, type TicketClaims, verifyTicket } from './ticket.ts';
export { forgetUserState, lookUpUserState } from './userState.ts';
export { verifyIdToken } from './verifyToken.ts';
