import { type Clock, systemClock } from './clock.ts';
import { type NewId, newId } from './ids.ts';

/** What a computation takes from outside itself. Passed in, so that tests decide about time and chance. */
export interface World {
  clock: Clock;
  newId: NewId;
  /** A number from 0 up to, not including, 1. */
  random: () => number;
}

export const systemWorld: World = { clock: systemClock, newId, random: Math.random };
