/** The client's own session, for those who do not use the Firebase SDK: kept, refreshed in time, given up when it has ended. */
import type { Session } from './functions.generated.ts';
import { SoriError } from './soriError.ts';
import { personOf, type Tokens } from './tokens.ts';

/** A session with the moment its ID token ends, so that it can be stored and taken up again. */
export interface KeptSession extends Session {
  /** ISO 8601, by the clock of this machine. */
  expiresAt: string;
}

export type OnSession = (session: KeptSession | undefined) => void;

export interface SessionKeeper extends Tokens {
  latest(): string | undefined;
  /**
   * A late answer ends nobody else's session.
   *
   * @param answer - of a function that opens, refreshes or ends a session, or of any other
   * @param token - the latest when the function was called
   */
  learn(functionName: string, answer: unknown, token: string | undefined): void;
}

/** As the Firebase SDK does it: who is just leaving the network has a token that lasts. */
const REFRESH_BEFORE_MS = 5 * 60_000;
const ENDING = ['signOut', 'deleteAccount'];

interface Keeping {
  session: KeptSession | undefined;
  onSession: OnSession | undefined;
  refresh(refreshToken: string): Promise<Session>;
}

export function createSessionKeeper({ session: first, onSession, refresh }: Keeping): SessionKeeper {
  let session = first;
  let refreshing: { from: KeptSession; token: Promise<string> } | undefined;

  function set(next: Session | undefined): void {
    session = next && kept(next);
    onSession?.(session);
  }

  /** @returns a token of the person whose session it was, whoever has signed in meanwhile */
  async function refreshNow(from: KeptSession): Promise<string> {
    try {
      const next = await refresh(from.refreshToken);
      if (session === from) set(next);
      return next.idToken;
    } catch (error) {
      if (session === from && error instanceof SoriError && error.code === 'session_ended') set(undefined);
      throw error;
    }
  }

  function refreshOnce(from: KeptSession): Promise<string> {
    if (refreshing?.from !== from) {
      const token = refreshNow(from).finally(() => {
        if (refreshing?.token === token) refreshing = undefined;
      });
      refreshing = { from, token };
    }
    return refreshing.token;
  }

  return {
    async get() {
      const current = session;
      if (!current) return undefined;
      const leftMs = Date.parse(current.expiresAt) - Date.now();
      if (leftMs > REFRESH_BEFORE_MS) return current.idToken;
      return await refreshOnce(current).catch((error: unknown) => {
        if (leftMs > 0 && session === current) return current.idToken; // it still holds; the next call tries again
        throw error;
      });
    },
    renew: async (refused) => (session && session.idToken === refused ? await refreshOnce(session) : session?.idToken),
    latest: () => session?.idToken,
    learn(functionName, answer, token) {
      if (ENDING.includes(functionName) && personOf(token) === personOf(session?.idToken)) set(undefined);
      else if (holdsSession(answer)) set(answer.session);
    },
  };
}

function kept(session: Session): KeptSession {
  return { ...session, expiresAt: new Date(Date.now() + session.expiresInS * 1000).toISOString() };
}

function holdsSession(answer: unknown): answer is { session: Session } {
  return typeof answer === 'object' && answer !== null && 'session' in answer;
}
