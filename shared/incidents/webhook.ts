/** The address that operators get messages at, in Slack's form: `{ text }`, answered 2xx. */
import { config, HttpFailure, send, type World } from '#shared/runtime';

export interface WebhookBounds {
  /** Of one try. */
  timeoutMs: number;
  /** Before each further try; up to half as much again, by chance. */
  pausesMs: number[];
}

export const WEBHOOK_BOUNDS: WebhookBounds = { timeoutMs: 5_000, pausesMs: [1_000, 3_000] };

/** `accepted`; or why it was not: a status, the code of a failure. */
export type Sent = { isAccepted: true } | { isAccepted: false; why: string };

/** Whoever says so is not to be asked again within seconds; what waits goes out in the next minute. docs.slack.dev/apis/web-api/rate-limits */
const TOO_MANY = 429;

/** Tries a few times. Never rejects, and says nothing of the address, which is a secret. */
export async function sendMessage(text: string, { clock, random }: Pick<World, 'clock' | 'random'>, bounds: WebhookBounds): Promise<Sent> {
  const url = config().ALERT_WEBHOOK_URL;
  if (url === undefined) return { isAccepted: true };
  if (!isSafe(url)) return { isAccepted: false, why: 'not https' };
  let sent = await trySending(url, text, bounds.timeoutMs);
  for (const pauseMs of bounds.pausesMs) {
    if (sent.isAccepted || sent.why === `status ${TOO_MANY}`) return sent;
    await clock.sleep(pauseMs * (1 + random() / 2));
    sent = await trySending(url, text, bounds.timeoutMs);
  }
  return sent;
}

async function trySending(url: string, text: string, timeoutMs: number): Promise<Sent> {
  try {
    const { status } = await send({ method: 'POST', url, body: { text }, timeoutMs, maxBytes: 64 * 1024, fresh: true });
    return status >= 200 && status < 300 ? { isAccepted: true } : { isAccepted: false, why: `status ${status}` };
  } catch (error) {
    return { isAccepted: false, why: error instanceof HttpFailure ? error.code : 'unknown' };
  }
}

/** What stands in the address is a secret: it leaves this machine encrypted, or not at all. */
function isSafe(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}
