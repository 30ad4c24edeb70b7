let last: Promise<unknown> = Promise.resolve();

/**
 * One picture after the other in a process: each may take several times the memory that it has when decoded, and all threads.
 *
 * @param signal - who has stopped waiting by then is passed over
 */
export function oneAtATime<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const mine = last.then(() => {
    signal?.throwIfAborted();
    return work();
  });
  last = mine.catch(() => undefined); // whoever comes next does not care how it went
  return mine;
}
