export {
  ensureAccount,
  type KnownUser,
  Locale,
  readUser,
  UserDocument,
} from './account.ts';
export { authAdmin, authErrorCode } from './authAdmin.ts';
export { authenticate, requireRole } from './authenticate.ts';
export type { Access, Caller, CallerOf, Role } from './caller.ts';
export {
  availability,
  type Dependency,
  dependsOnStorage,
  forgetAvailability,
  judge,
  knownAvailability,
  requireOpen,
  type StorageState,
  type StoreState,
  storesDown,
} from './features.ts';
export { type Found, findNeeds, type Needs, needsOf } from './need.ts';
export { rules } from './rules.ts';
export { issueTicket, type TicketClaims, verifyTicket } from './ticket.ts';
export { forgetUserState, lookUpUserState } from './userState.ts';
export { verifyIdToken } from './verifyToken.ts';
