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
  /** Refuses to answer what the definition does not promise: in tests and locally. */
  checksOutput: boolean;
}

const PER_MINUTE = 600;

export function createInstance(
  world: World = systemWorld,
  { rateLimits = RATE_LIMITS, checksOutput = true }: { rateLimits?: RateLimits; checksOutput?: boolean } = {},
): Instance {
  return {
    world,
    rateLimiter: new RateLimiter(world.newId('ins'), rateLimits),
    addressGate: new FloodGate(PER_MINUTE),
    streamGate: new FloodGate(PER_MINUTE),
    checksOutput,
  };
}
