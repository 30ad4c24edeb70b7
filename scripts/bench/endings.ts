/** What has been started and must be ended, also when somebody ends the benchmark with Ctrl-C. */

const open = new Set<() => Promise<void>>();

/** @returns what ends it: once, however often it is called */
export function mustEnd(end: () => Promise<unknown>): () => Promise<void> {
  let ending: Promise<void> | undefined;
  const endOnce = () => {
    ending ??= end().then(() => {
      open.delete(endOnce);
    });
    return ending;
  };
  open.add(endOnce);
  return endOnce;
}

export async function endAll(): Promise<void> {
  await Promise.allSettled([...open].map((end) => end()));
}
