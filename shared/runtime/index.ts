export { type Beginning, Cache } from './cache.ts';
export { catalogue, type Issue, type ProblemCode, type UnavailableReason } from './catalogue.ts';
export { type Clock, systemClock } from './clock.ts';
export {
  config,
  mediaStoreIds,
  parseSettings,
  required,
  type SecretSetting,
  SettingsError,
  STAND_IN_SETTINGS,
  serviceUrl,
} from './config.ts';
export { decodeCursor, encodeCursor } from './cursor.ts';
export { DeadlineExceeded, within } from './deadline.ts';
export { Problem, problem } from './errors.ts';
export { closeDatabase, database, fromDocument, increment, isConflict, sumOf, toDocument, totalsOf, transact } from './firestore.ts';
export { type HttpAnswer, HttpFailure, type HttpRequest, send } from './http.ts';
export { type NewId, newId } from './ids.ts';
export { inParallel } from './inParallel.ts';
export { listNewest } from './listNewest.ts';
export { addLogContext, describeError, hashUid, type LogContext, log, mask, traceparent, withLogContext } from './log.ts';
export { nudgeJob } from './nudgeJob.ts';
export { DEFAULT_SETTINGS, FEATURES, type Feature, readSettings, SETTINGS_DOCUMENT, ServiceSettings } from './serviceSettings.ts';
export { idOf, NO_SUCH_ID, text } from './text.ts';
export { systemWorld, type World } from './world.ts';
