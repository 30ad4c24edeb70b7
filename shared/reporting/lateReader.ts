import { log } from '#shared/runtime';

/** So many wait for what is being loaded; the log has them all. */
const MOST_WAITING = 100;

/**
 * Gives things to something heavy that is loaded when the first of them comes, and never before. Adding takes no time and never
 * throws: what cannot be loaded is in the log, once, and what was meant for it is dropped.
 */
export class LateReader<Thing, Reader> {
  readonly #load: () => Promise<Reader>;
  readonly #give: (reader: Reader, thing: Thing) => void;
  readonly #waiting: Thing[] = [];
  #loading: Promise<Reader | undefined> | undefined;
  #reader: Reader | undefined;

  constructor(load: () => Promise<Reader>, give: (reader: Reader, thing: Thing) => void) {
    this.#load = load;
    this.#give = give;
  }

  add(thing: Thing): void {
    if (this.#waiting.length < MOST_WAITING) this.#waiting.push(thing);
    if (this.#reader) this.#empty(this.#reader);
    else void this.loaded();
  }

  /** @returns what was loaded, if anything has come for it and it could be */
  loaded(): Promise<Reader | undefined> {
    if (!this.#loading && this.#waiting.length === 0) return Promise.resolve(undefined);
    this.#loading ??= this.#load().then(
      (reader) => {
        this.#reader = reader;
        this.#empty(reader);
        return reader;
      },
      (error: unknown) => {
        log.warn('reporting_not_loaded', { error });
        return undefined;
      },
    );
    return this.#loading;
  }

  #empty(reader: Reader): void {
    for (const thing of this.#waiting.splice(0)) {
      try {
        this.#give(reader, thing);
      } catch (error) {
        log.warn('reporting_failed', { error });
      }
    }
  }
}
