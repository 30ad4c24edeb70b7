export { type Beginning, Cache } from './cache.ts';
export { catalogue, type Issue, type ProblemCode, type UnavailableReason } from './catalogue.ts';
export { type Clock, systemClock } from './clock.ts';
export {
  config,
  functionsUrl,
  mediaStoreIds,
  parseSettings,
  required,
  SECRET_SETTINGS,
  type SecretSetting,
  SettingsError,
  STAND_IN_SETTINGS,
  serviceUrl,
} from './config.ts';
export { decodeCursor, encodeCursor, notOfThisList, type PageAsked, readCursor } from './cursor.ts';
export { Allowance, DeadlineExceeded, type Documents, within } from './deadline.ts';
export { Problem, problem } from './errors.ts';
export {
  closeDatabase,
  database,
  fromDocument,
  increment,
  isConflict,
  sumOf,
  toDocument,
  totalsOf,
  transact,
  watchDatabase,
} from './firestore.ts';
export { collectSpans, endSpan, type HttpAnswer, HttpFailure, type HttpRequest, type Span, send, traced } from './http.ts';
export { type NewId, newId } from './ids.ts';
export { inParallel } from './inParallel.ts';
export { listNewest, readOn } from './listNewest.ts';
export {
  addLogContext,
  type DescribedError,
  describeError,
  hashUid,
  type LogContext,
  log,
  mask,
  type ToldError,
  tellErrors,
  traceparent,
  withLogContext,
} from './log.ts';
export { nudgeJob, schedulerClient } from './nudgeJob.ts';
export { DEFAULT_SETTINGS, FEATURES, type Feature, readSettings, SETTINGS_DOCUMENT, ServiceSettings } from './serviceSettings.ts';
export { idOf, NO_SUCH_ID, text } from './text.ts';
export { systemWorld, type World } from './world.ts';
