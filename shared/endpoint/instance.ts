import type { FigureGatherer } from '#shared/figures';
import { FloodGate, RATE_LIMITS, RateLimiter, type RateLimits } from '#shared/limits';
import { systemWorld, type World } from '#shared/runtime';

/** One running instance of a function: what it counts and holds for itself. */
export interface Instance {
  world: World;
  /** Per caller, over all instances. */
  rateLimiter: RateLimiter;
  /** Per address, before anything is looked up. */
  addressGate: FloodGate;
  /** Per ticket or address, for what plays. */
  streamGate: FloodGate;
  /** How long a body may take to arrive. */
  bodyLimitMs: number;
  /** Refuses to answer what the definition does not promise: in tests and locally. */
  checksOutput: boolean;
  /** Aborted when the process is told to end: recurring work then hands over what it has in hand. */
  stopping: AbortController;
  /** Where finished requests are counted; undefined where nobody wants to know. */
  figures: FigureGatherer | undefined;
}

const PER_MINUTE = 600;
const BODY_LIMIT_MS = 10_000;

interface Bounds {
  rateLimits?: RateLimits;
  bodyLimitMs?: number;
  checksOutput?: boolean;
  figures?: FigureGatherer | undefined;
}

export function createInstance(
  world: World = systemWorld,
  { rateLimits = RATE_LIMITS, bodyLimitMs = BODY_LIMIT_MS, checksOutput = true, figures }: Bounds = {},
): Instance {
  return {
    world,
    rateLimiter: new RateLimiter(world.newId('ins'), rateLimits),
    addressGate: new FloodGate(PER_MINUTE),
    streamGate: new FloodGate(PER_MINUTE),
    bodyLimitMs,
    checksOutput,
    stopping: new AbortController(),
    figures,
  };
}
