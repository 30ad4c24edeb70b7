/** The local Google and GCS as a program of their own, for tests that kill it. Takes the directory, prints both addresses. */
import { join } from 'node:path';
import { startGcs } from '../../../scripts/local/gcs/index.ts';
import { startGoogle } from '../../../scripts/local/google/index.ts';

const directory = process.argv[2] ?? '';
const google = await startGoogle({ directory: join(directory, 'google') });
const gcs = await startGcs({ directory: join(directory, 'gcs'), google });
process.stdout.write(`${JSON.stringify({ gcsUrl: gcs.url, tokenUrl: google.tokenUrl })}\n`);
process.once('disconnect', () => process.exit()); // the test is gone
