import type { Chance } from '../../scripts/local/sandbox/chance.ts';
import type { Plan } from './crashPoint.ts';
import { findViolations, sweep } from './invariants.ts';
import type { Lane } from './lane.ts';
import { beginLife, type Life, liveOn } from './life.ts';
import type { NumberedWorker, Run } from './numberedWorker.ts';

/** Each asks for something else, so that an order says whose it is. */
const REQUESTS = (['any', 'male', 'female'] as const).flatMap((voice) => [true, false].map((instrumental) => ({ voice, instrumental })));
const MOST_FAULTS = 4;
/** A worker comes by about so many points while these requests are made. */
const MOST_HITS = 1_500;
/** How often the other one may run while one stands still. */
const MOST_ROUNDS_ASLEEP = 4;

export interface History {
  /** What befell the workers, in order. */
  faults: string[];
  violations: string[];
}

interface Place {
  worker: NumberedWorker;
  /** For its first run. */
  plan: Plan | undefined;
  /** Rounds for which it still stands still. */
  asleep: number;
}

/** Two workers make some songs. By chance one of them dies now and then, or stands still for longer than its lease; another takes its place. */
export async function tryHistory(lane: Lane, chance: Chance): Promise<History> {
  const { studio } = lane;
  const accepted = studio.sandbox.accepted();
  const lives: Life[] = [];
  for (const input of REQUESTS) lives.push(await beginLife(lane, input));
  const faults: string[] = [];
  const places = [hire(lane, chance), hire(lane, chance)];
  await liveOn(lane, lives, async () => {
    await Promise.all(places.map((place) => work({ lane, chance, faults }, place)));
    return true;
  });
  for (const { worker, asleep } of places) {
    if (asleep > 0) await worker.goOn();
    await worker.kill();
  }
  const isOver = await liveOn(lane, lives, async () => (await studio.runWorker()) >= 0);
  const violations = await findViolations(lane, lives, accepted);
  await sweep(lane);
  return { faults, violations: isOver ? violations : ['there is always something due', ...violations] };
}

function hire({ worker }: Lane, chance: Chance): Place {
  const action = chance.likely(0.5) ? 'kill' : 'stop';
  return { worker: worker(), plan: { action, hit: chance.whole(1, MOST_HITS) }, asleep: 0 };
}

interface Scene {
  lane: Lane;
  chance: Chance;
  faults: string[];
}

async function work(scene: Scene, place: Place): Promise<void> {
  if (place.asleep > 1) {
    place.asleep -= 1;
    return;
  }
  const wakes = place.asleep === 1;
  place.asleep = 0;
  const { plan } = place;
  place.plan = undefined;
  await suffer(scene, place, wakes ? await place.worker.goOn() : await place.worker.run(plan));
}

async function suffer({ lane, chance, faults }: Scene, place: Place, run: Run): Promise<void> {
  if (run.how === 'done') return;
  const action = run.how === 'stopped' ? 'stop' : 'kill';
  faults.push(`${action} ${run.at?.kind} ${run.at?.point}`);
  if (action === 'stop') {
    await place.worker.releaseLocks();
    place.asleep = chance.whole(1, MOST_ROUNDS_ASLEEP);
    return;
  }
  await place.worker.kill();
  Object.assign(place, hire(lane, chance));
  if (faults.length >= MOST_FAULTS) place.plan = undefined;
}
