export { Cache, type CacheBounds } from './cache.ts';
export { type Clock, systemClock } from './clock.ts';
export {
  config,
  parseSettings,
  required,
  SECRET_SETTINGS,
  type SecretSetting,
  type Settings,
  SettingsError,
  STAND_IN_SETTINGS,
  serviceUrl,
} from './config.ts';
export { decodeCursor, encodeCursor } from './cursor.ts';
export { DeadlineExceeded, within } from './deadline.ts';
export {
  type Blame,
  catalogue,
  type Issue,
  Problem,
  type ProblemCode,
  type ProblemParams,
  problem,
  type UnavailableReason,
} from './errors.ts';
export { closeDatabase, database, fromDocument, toDocument, transact } from './firestore.ts';
export { type HttpAnswer, HttpFailure, type HttpRequest, send } from './http.ts';
export { type IdPrefix, idPattern, type NewId, newId } from './ids.ts';
export { addLogContext, describeError, hashUid, type LogContext, log, mask, traceparent, withLogContext } from './log.ts';
export { idOf, NO_SUCH_ID, text } from './text.ts';
export { systemWorld, type World } from './world.ts';
