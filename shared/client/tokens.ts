import { personChanged, SoriError } from './soriError.ts';

/** Where the client has the caller's ID token from. */
export interface Tokens {
  /** @returns one that is good for minutes at least, or nothing when nobody is signed in */
  get(): Promise<string | undefined>;
  /** Another than the one that was refused, made once for all calls that ask meanwhile. */
  renew(refused: string): Promise<string | undefined>;
  /** The one there is at this moment, though its time may be over; where that is known without waiting. */
  latest?(): string | undefined;
}

/** Of nobody. */
export const NO_TOKENS: Tokens = { get: () => Promise.resolve(undefined), renew: () => Promise.resolve(undefined) };

/** As `user.getIdToken` of the Firebase SDK: `true` asks for a new one, whatever the old one still has. */
export type GetIdToken = (isForced: boolean) => Promise<string | null | undefined>;

export function givenTokens(getIdToken: GetIdToken): Tokens {
  const get = async (isForced: boolean) => (await getIdToken(isForced)) ?? undefined;
  let renewing: Promise<string | undefined> | undefined;
  return {
    get: () => get(false),
    async renew(refused) {
      const current = await get(false);
      if (current !== refused) return current; // another call was refused earlier, and has had it renewed
      renewing ??= get(true).finally(() => {
        renewing = undefined;
      });
      return await renewing;
    },
  };
}

const SESSION_FAULTS: unknown[] = ['unauthenticated', 'session_ended'];

/**
 * Does something with the token; when the token is refused, once more with a new one. A refused token is refused before anything is
 * done, so this holds for every function.
 */
export async function withToken<T>(tokens: Tokens, work: (token: string | undefined) => Promise<T>): Promise<T> {
  const token = await tokens.get();
  try {
    return await work(token);
  } catch (error) {
    if (token === undefined || !(error instanceof SoriError) || !SESSION_FAULTS.includes(error.code)) throw error;
    const renewed = await tokens.renew(token);
    if (renewed === undefined || renewed === token || personOf(renewed) !== personOf(token)) throw error;
    return await work(renewed);
  }
}

/**
 * The tokens of whoever is signed in when the first is asked for: what one person began never goes on in the name of the next who signs
 * in. What nobody began goes on without a token.
 *
 * @returns tokens that throw `person_changed` when somebody else is signed in, or nobody any more
 */
export function ofOnePerson(tokens: Tokens): Tokens {
  let first: { person: unknown } | undefined;
  return {
    async get() {
      if (tokens.latest) first ??= { person: personOf(tokens.latest()) }; // getting one may fail, and be tried again for the next person
      const token = await tokens.get();
      first ??= { person: personOf(token) };
      if (first.person === undefined) return undefined;
      if (personOf(token) !== first.person) throw personChanged();
      return token;
    },
    renew: (refused) => tokens.renew(refused),
  };
}

/** Whom a token is for. @see RFC 7519, 4.1.2 */
export function personOf(token: string | undefined): unknown {
  if (token === undefined) return undefined;
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    return (JSON.parse(atob(payload)) as { sub?: unknown }).sub ?? token;
  } catch {
    return token;
  }
}
