/** The service with a database that can be cut off: `openStudio`, its own client behind a proxy. */
import fc from 'fast-check';
import { database } from '#shared/runtime';
import { type FirestoreRelay, openRelay } from '../crashPoints/firestoreRelay.ts';
import { type Listener, newListener } from '../shared/generation/listener.ts';
import { emulators } from '../support/emulators.ts';
import { isLong, seed } from '../support/runs.ts';
import { openStudio, type Studio } from '../support/studio.ts';
import { openTcpProxy, type Side, type TcpProxy } from './tcpProxy.ts';

export interface CutOff {
  studio: Studio;
  mina: Listener;
  /** Between all of our code in this process and the database. */
  proxy: TcpProxy;
  close(): Promise<void>;
}

/**
 * @param firestoreHost - of the emulator. What forgotten transactions hold there is given back when their connection ends: Firestore
 *   does so after 20 s, the emulator after a minute
 */
export async function openCutOff(firestoreHost = emulators().firestoreHost): Promise<CutOff> {
  const relay: FirestoreRelay = await openRelay(firestoreHost);
  const proxy = await openTcpProxy(relay.host);
  process.env['FIRESTORE_EMULATOR_HOST'] = proxy.host;
  const studio = await openStudio();
  const mina = await newListener(studio);
  const db = await database();
  await db.doc('settings/service').set({ providerCreditsPerDay: 1_000_000 });
  return {
    studio,
    mina,
    proxy,
    close: async () => {
      await studio.close();
      await proxy.close();
      await relay.close();
    },
  };
}

/** The connection is lost with the `n`-th chunk of this side, and back after so long. */
export interface Cut {
  side: Side;
  n: number;
  downMs: number;
}

/** From now on. @returns whether it has come to that */
export function cutAt({ proxy }: Pick<CutOff, 'proxy'>, { side, n, downMs }: Cut): { isDone: boolean } {
  const cut = { isDone: false };
  proxy.at(
    (from, count) => from === side && count === n,
    () => {
      cut.isDone = true;
      proxy.cut();
      if (downMs > 0) setTimeout(proxy.join, downMs);
      else proxy.join();
    },
  );
  return cut;
}

const DOWN_MS = [0, 0, 300, 1_200];

/** Where to cut, in what took so many chunks when nothing was cut: a sample, or in long tests every one. */
export function cutsWithin(counted: Record<Side, number>, samples: number): Cut[] {
  const all = (['client', 'server'] as const).flatMap((side) =>
    Array.from({ length: counted[side] }, (_, index): Cut => ({ side, n: index + 1, downMs: DOWN_MS[index % DOWN_MS.length] ?? 0 })),
  );
  return isLong ? all : fc.sample(fc.constantFrom(...all), { seed, numRuns: samples });
}
