/** The documents of figures: closed to clients, read by operators through `getDashboard` and the reports. */
import { z } from 'zod';

/** One process's figures of one minute: `figures/<minute>_<instance>_<number>`. */
export const FIGURES = 'figures';
/** `figureHours/<YYYY-MM-DDTHH>`, in UTC. */
export const FIGURE_HOURS = 'figureHours';
/** `figureDays/<YYYY-MM-DD>`, the service's day. */
export const FIGURE_DAYS = 'figureDays';
/** `recent`: the last minutes one by one. `ended`: up to which request for a song has been counted. */
export const FIGURE_STATE = 'figureState';

const Count = z.number().min(0);

export const StoredFigures = z.object({
  requests: Count,
  errors5xx: Count,
  refusals: Count,
  cacheReads: Count,
  cacheHits: Count,
  latency: z.string(),
  signInCheck: z.string(),
  callers: z.string(),
  refusedCallers: z.string(),
  cpuMs: Count,
  cpuAvailableMs: Count,
  memoryShare: Count,
  vcpuMs: Count,
  gibMs: Count,
  billedRequests: Count,
});
export type StoredFigures = z.output<typeof StoredFigures>;

export const StoredFunctions = z.record(z.string(), z.object({ requests: Count, errors5xx: Count, refusals: Count, latency: z.string() }));
export type StoredFunctions = z.output<typeof StoredFunctions>;

/** What other documents say of an hour or a day, counted anew whenever somebody was there. A number never goes back. */
export const Recounted = z.object({
  plays: Count.catch(0).default(0),
  signUps: Count.catch(0).default(0),
  /** Requests for songs that came in this time. */
  asked: Count.catch(0).default(0),
});
export type Recounted = z.output<typeof Recounted>;

/** Requests for songs that ended in this time, whenever they came: each is added once. */
export const Ended = z.object({
  ready: Count.catch(0).default(0),
  failed: Count.catch(0).default(0),
  cancelled: Count.catch(0).default(0),
  /** Of those that became ready, from asking to listening: a histogram. */
  makingTime: z.string().catch('').default(''),
});
export type Ended = z.output<typeof Ended>;
