import { titleFrom } from '#shared/generation';
import { countLyrics, quotaRef, uncountLyrics } from '#shared/limits';
import { type MusicProvider, ProviderFault, topMediai } from '#shared/music';
import { type Clock, config, log, type NewId, type Problem, problem, required, transact } from '#shared/runtime';
import { askToSend, LYRICS_BOUNDS, noteOutcome, type Outcome } from './lyricsGate.ts';
import type { WrittenLyrics } from './schema.ts';

interface Asking {
  uid: string;
  prompt: string;
  clock: Clock;
  newId: NewId;
  provider: Pick<MusicProvider, 'writeLyrics'>;
}

/** The provider that the settings describe. */
export function lyricsProvider(): MusicProvider {
  return topMediai({ baseUrl: config().TOPMEDIAI_BASE_URL, apiKey: required('TOPMEDIAI_API_KEY') });
}

/**
 * Has lyrics written, once: nothing is sent again. It counts against the day before it is sent, and comes back when the provider
 * has surely done nothing. Whoever dies in between has counted it.
 *
 * @throws `daily_lyrics_reached`, `feature_unavailable`, `invalid_input` when the provider does not take the prompt, `session_ended`
 */
export async function writeLyrics({ uid, prompt, clock, newId, provider }: Asking): Promise<WrittenLyrics> {
  const now = () => new Date(clock.now());
  const permit = await askToSend(now());
  if (!permit) throw unavailable();
  const own = { uid, id: newId('req') };
  let outcome: Outcome = 'silent';
  try {
    await count(own, now());
    const { title, lyrics } = await provider.writeLyrics(prompt);
    outcome = 'works';
    return { title: title || titleFrom({ title: null, prompt }), lyrics };
  } catch (error) {
    if (!(error instanceof ProviderFault)) throw error;
    log.warn('provider_lyrics_failed', { kind: error.kind, reason: error.reason });
    outcome = MEANS[error.kind];
    if (error.kind !== 'unknown') await giveBack(own);
    throw problemOf(error);
  } finally {
    await noteOutcome(outcome, permit, now()); // seconds later
  }
}

/** What a fault says about lyrics for everybody. */
const MEANS: Record<ProviderFault['kind'], Outcome> = {
  never_left: 'fails',
  unknown: 'fails',
  unavailable: 'fails',
  rate_limited: 'silent',
  out_of_credit: 'out_of_credit',
  refused: 'refused',
  invalid_request: 'works', // it has read the prompt, and said no
};

type Own = Record<'uid' | 'id', string>;

function count({ uid, id }: Own, now: Date): Promise<void> {
  return transact(async (transaction, db) => {
    const [snapshot, user] = await transaction.getAll(quotaRef(db, uid), db.doc(`users/${uid}`));
    if (!snapshot || !user?.exists) throw problem('session_ended'); // a deleted account gets no new document
    countLyrics(transaction, { snapshot, id, now });
  });
}

/** When it cannot be given back it stays counted. */
async function giveBack({ uid, id }: Own): Promise<void> {
  try {
    await transact(async (transaction, db) => uncountLyrics(transaction, { snapshot: await transaction.get(quotaRef(db, uid)), id }));
  } catch (error) {
    log.warn('lyrics_not_given_back', { error });
  }
}

function problemOf(fault: ProviderFault): Problem {
  if (fault.kind !== 'invalid_request') return unavailable(fault);
  const message = `is not taken by the music provider${fault.detail ? ` (${fault.detail})` : ''}`;
  return problem('invalid_input', { issues: [{ path: 'prompt', message }] }, fault);
}

function unavailable(fault?: ProviderFault): Problem {
  const retryAfterS = Math.max(1, fault?.retryAfterS ?? LYRICS_BOUNDS.openMs / 1000);
  return problem('feature_unavailable', { feature: 'lyrics', reason: 'provider', retryAfterS }, fault);
}
