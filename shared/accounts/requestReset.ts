import { log, systemClock } from '#shared/runtime';
import { sendPasswordReset } from './identityToolkit.ts';

/** Firebase answers for an unknown address sooner than for one that it writes to. Nearly all letters are on their way by then. */
const ANSWERS_AFTER_MS = 700;

/** Whether anybody has this address must not be seen, by the answer or by its time. So no fault is seen either: the log has them. */
export async function requestReset(email: string): Promise<void> {
  const answersAtMs = systemClock.monotonicMs() + ANSWERS_AFTER_MS; // the time that a caller's own clock measures
  try {
    const isSent = await sendPasswordReset(email);
    if (!isSent) log.info('password_reset_refused');
  } catch (error) {
    log.warn('password_reset_not_sent', { error });
  }
  await systemClock.sleep(answersAtMs - systemClock.monotonicMs());
}
