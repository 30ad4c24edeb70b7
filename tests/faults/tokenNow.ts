import type { Listener } from '../shared/generation/listener.ts';
import { alteredToken } from '../support/callers.ts';
import type { Studio } from '../support/studio.ts';

/**
 * A token that holds now, by the clock that tests move: the one that came with the account is soon over, and may yet be of the future
 * where the clock has stood still since before. The clock is moved on to the real time, at least.
 */
export function tokenNow({ clock }: Pick<Studio, 'clock'>, listener: Listener): string {
  clock.advance(Math.max(0, Date.now() - clock.now()));
  const iat = Math.floor(clock.now() / 1000);
  return alteredToken(listener, { iat, auth_time: iat, exp: iat + 3600 });
}
