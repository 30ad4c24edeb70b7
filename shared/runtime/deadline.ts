/** Rejects when `work` has not settled after `ms`. The work itself goes on; give it a signal where it can take one. */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new DeadlineExceeded(what, ms)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

export class DeadlineExceeded extends Error {
  override name = 'DeadlineExceeded';
  constructor(what: string, ms: number) {
    super(`${what} did not answer in ${ms} ms`);
  }
}

/** Documents, as Firestore bills them: also a query that finds nothing is a read. */
export interface Documents {
  reads: number;
  writes: number;
}

/** What a run of a job may still ask of Firestore. Transactions that meet and begin again are not in it. */
export class Allowance {
  #left: Documents;

  constructor(bounds: Documents) {
    this.#left = { reads: bounds.reads, writes: bounds.writes };
  }

  get left(): Readonly<Documents> {
    return this.#left;
  }

  has({ reads = 0, writes = 0 }: Partial<Documents>): boolean {
    return this.#left.reads >= reads && this.#left.writes >= writes;
  }

  /** To be told whatever is asked, also what nobody looked for before. */
  spend({ reads = 0, writes = 0 }: Partial<Documents>): void {
    this.#left = { reads: this.#left.reads - reads, writes: this.#left.writes - writes };
  }

  /** Spends it if it is there. */
  take(documents: Partial<Documents>): boolean {
    const isThere = this.has(documents);
    if (isThere) this.spend(documents);
    return isThere;
  }
}
