/** Works that must not overlap: those with the same key run one after the other, in the order in which they came. */
export interface Turns {
  run<T>(key: string, work: () => Promise<T>): Promise<T>;
  /** Resolves when nothing runs and nothing waits. */
  settled(): Promise<void>;
}

export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();

  return {
    run(key, work) {
      const turn = (last.get(key) ?? Promise.resolve()).then(work);
      const ended = turn
        .catch(() => {}) // a work that fails does not stop the next
        .then(() => {
          if (last.get(key) === ended) last.delete(key);
        });
      last.set(key, ended);
      return turn;
    },

    async settled() {
      while (last.size > 0) await Promise.all(last.values());
    },
  };
}
