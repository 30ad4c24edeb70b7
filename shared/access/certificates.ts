import { createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { type Clock, log, send } from '#shared/runtime';

const CertificatesAnswer = z.record(z.string(), z.string().startsWith('-----BEGIN '));

const FETCH_LIMIT_MS = 5_000;
/** Refreshed so long before they lapse that a slow or failing fetch hurts nobody. */
const REFRESH_AHEAD_MS = 5 * 60_000;
/** After a failed or early fetch, and for a key id not in the set, the source is asked at most this often. */
const ASK_AGAIN_MS = 30_000;
const SHORTEST_AGE_MS = 60_000;

interface KeySet {
  keys: Map<string, KeyObject>;
  lapsesAtMs: number;
}

/**
 * Google's public keys by key id, fetched from `url`, kept as key objects for the answer's `max-age`.
 *
 * One fetch at a time; when a refresh fails, the old keys stay in use: a token signed by them is still genuine.
 */
export class Certificates {
  readonly #url: string;
  #set: KeySet | undefined;
  #fetching: Promise<void> | undefined;
  #askedAtMs = Number.NEGATIVE_INFINITY;

  constructor(url: string) {
    this.#url = url;
  }

  /** @throws when no keys could ever be fetched */
  async key(id: string, clock: Clock): Promise<KeyObject | undefined> {
    if (!this.#set) await this.#fetch(clock);
    else if (clock.monotonicMs() > this.#set.lapsesAtMs - REFRESH_AHEAD_MS) this.#refreshBeside(clock);
    const known = this.#set?.keys.get(id);
    if (known || clock.monotonicMs() - this.#askedAtMs < ASK_AGAIN_MS) return known;
    await this.#fetch(clock).catch(() => undefined); // a key id we do not know: Google may have rotated
    return this.#set?.keys.get(id);
  }

  #refreshBeside(clock: Clock): void {
    if (clock.monotonicMs() - this.#askedAtMs < ASK_AGAIN_MS) return;
    this.#fetch(clock).catch((error: unknown) => log.warn('certificates_not_refreshed', { error }));
  }

  #fetch(clock: Clock): Promise<void> {
    this.#fetching ??= this.#load(clock).finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #load(clock: Clock): Promise<void> {
    this.#askedAtMs = clock.monotonicMs();
    const { status, headers, data } = await send({ method: 'GET', url: this.#url, timeoutMs: FETCH_LIMIT_MS });
    if (status !== 200) throw new Error(`the certificates' address answered ${status}`);
    const keys = new Map(Object.entries(CertificatesAnswer.parse(data)).map(([id, pem]) => [id, createPublicKey(pem)]));
    const maxAgeS = Number(/max-age=(\d+)/.exec(headers['cache-control'] ?? '')?.[1] ?? 0);
    this.#set = { keys, lapsesAtMs: clock.monotonicMs() + Math.max(maxAgeS * 1000, SHORTEST_AGE_MS) };
  }
}
