export { type Chosen, ensureAccount, Locale, readUser, readUserPrivate, UserDocument, type UserPrivate } from './account.ts';
export { authAdmin, authErrorCode, findAuthRecord } from './authAdmin.ts';
export { authenticate, type Credentials, requireRole } from './authenticate.ts';
export type { Access, Anonymous, Caller, CallerOf, Role, Scheduler, SignedIn } from './caller.ts';
export { availability, type Dependency, FEATURES, type Feature, judge, requireOpen } from './features.ts';
export { type Found, findNeeds, type Need, type Needs, needsOf } from './need.ts';
export { permits, type RuleName, rules, type Subject } from './rules.ts';
export { forgetUserState, lookUpUserState, type UserState } from './userState.ts';
export { type IdToken, verifyIdToken } from './verifyToken.ts';
