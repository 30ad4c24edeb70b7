import { setTimeout as sleep } from 'node:timers/promises';
import { Firestore } from '@google-cloud/firestore';

interface Client {
  requestStream(...given: unknown[]): Promise<unknown>;
}

const LIMIT_MS = 20_000;

/**
 * Counts reads of Firestore that have no answer yet. After the connection has come back the client asks again by itself, after pauses;
 * closing it meanwhile would throw what nobody catches. The method is internal: the client's version is pinned.
 *
 * @returns what waits until none is left
 */
export function watchCallsUnderWay(): () => Promise<void> {
  const client = Firestore.prototype as unknown as Client;
  const { requestStream } = client;
  let underWay = 0;
  client.requestStream = async function (...given) {
    underWay += 1;
    try {
      return await requestStream.apply(this, given);
    } finally {
      underWay -= 1;
    }
  };
  return async () => {
    const startedAt = performance.now();
    while (underWay > 0 && performance.now() - startedAt < LIMIT_MS) await sleep(50);
  };
}
