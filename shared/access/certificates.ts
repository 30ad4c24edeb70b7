import { createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { type Clock, log, problem, send } from '#shared/runtime';

const CertificatesAnswer = z
  .record(z.string(), z.string().startsWith('-----BEGIN '))
  .refine((certificates) => Object.keys(certificates).length > 0, 'has no certificates');

const FETCH_LIMIT_MS = 5_000;
/** Refreshed so long before they lapse that a slow or failing fetch hurts nobody. */
const REFRESH_AHEAD_MS = 5 * 60_000;
/** Once there are keys, the source is asked at most this often, however many refreshes fail and unknown key ids come. */
const ASK_AGAIN_MS = 30_000;
const SHORTEST_AGE_MS = 60_000;
const RETRY_AFTER_S = 10;

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

  /** @throws `feature_unavailable` when no keys could ever be fetched */
  async key(id: string, clock: Clock): Promise<KeyObject | undefined> {
    const leftMs = this.#set ? this.#set.lapsesAtMs - clock.monotonicMs() : undefined;
    if (leftMs === undefined) await this.#fetch(clock).catch(refuse);
    else if (leftMs <= 0) await this.#refresh(clock);
    else if (leftMs < REFRESH_AHEAD_MS) void this.#refresh(clock); // beside: the keys are still good
    const known = this.#set?.keys.get(id);
    if (known) return known;
    await this.#refresh(clock); // a key id we do not know: Google may have rotated
    return this.#set?.keys.get(id);
  }

  /** Joins the fetch that runs; begins one unless the source was asked a short while ago. Never rejects. */
  async #refresh(clock: Clock): Promise<void> {
    const wasAskedLately = clock.monotonicMs() - this.#askedAtMs < ASK_AGAIN_MS;
    if (wasAskedLately && !this.#fetching) return;
    await this.#fetch(clock).catch(() => undefined);
  }

  #fetch(clock: Clock): Promise<void> {
    this.#fetching ??= this.#load(clock)
      .catch((error: unknown) => {
        log.warn('certificates_not_fetched', { error });
        throw error;
      })
      .finally(() => {
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

/** Without any key nobody can tell a good token from a bad one. */
function refuse(cause: unknown): never {
  throw problem('feature_unavailable', { feature: 'signIn', reason: 'signIn', retryAfterS: RETRY_AFTER_S }, cause);
}
