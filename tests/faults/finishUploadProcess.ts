/**
 * Finishes one upload in a process of its own, which is built with numbered awaits (tests/crashPoints/buildNumbered.ts).
 *
 *     finishUploadProcess.ts img_0123456789abcdefghjk
 */
import { finishUpload, startedImages } from '#shared/images';
import { newId, systemClock } from '#shared/runtime';

const LIMIT_MS = 20_000;

const started = await startedImages.may('finish', 'imageId').find(process.argv[2] ?? '', { kind: 'anonymous' }, systemClock);
if (!started) throw new Error('nothing was started');
await finishUpload(started, { now: new Date(), newId, signal: AbortSignal.timeout(LIMIT_MS) });
process.exit(0);
