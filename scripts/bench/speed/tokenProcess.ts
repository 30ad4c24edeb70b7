/** How long the check of an ID token takes, signed as in production, with the key known. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { verifyIdToken } from '#shared/access';
import { systemClock } from '#shared/runtime';
import { startGoogle } from '../../local/google/index.ts';
import { median } from '../spread.ts';
import { idTokenClaims } from './idTokenClaims.ts';
import { answerParent } from './inChild.ts';

/** New ones in each round: one that was seen before is hardly checked at all. */
const TOKENS = 300;
const REPEATED = 2_000;

answerParent(async ({ directory, rounds }: { directory: string; rounds: number }) => {
  const google = await startGoogle({ directory: join(directory, 'token-google') });
  const project = process.env['GOOGLE_CLOUD_PROJECT'] ?? '';
  Object.assign(process.env, { GOOGLE_CERTS_URL: google.certsUrl });
  delete process.env['FIREBASE_AUTH_EMULATOR_HOST']; // its tokens are not signed
  const people = Array.from({ length: (rounds + 1) * TOKENS }, () => randomUUID());
  const tokens = await Promise.all(people.map((uid) => google.mintIdToken(idTokenClaims(project, uid))));
  const [first, again]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round += 1) {
    const own = tokens.slice(round * TOKENS, (round + 1) * TOKENS);
    const firstMs = await timesOf(own);
    const againMs = await timesOf(Array.from({ length: REPEATED }, (_, at) => own[at % TOKENS]!));
    if (round === 0) continue; // it warms, and fetches the keys
    first.push(median(firstMs));
    again.push(median(againMs));
  }
  await google.close();
  return { p50Ms: median(first), againP50Ms: median(again) };
});

async function timesOf(tokens: string[]): Promise<number[]> {
  const times: number[] = [];
  for (const token of tokens) {
    const startedAtMs = performance.now();
    const found = await verifyIdToken(token, systemClock);
    times.push(performance.now() - startedAtMs);
    if (!found) throw new Error('A good token was refused');
  }
  return times;
}
