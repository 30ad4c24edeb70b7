/**
 * `npm run media -- status|verify|sync|claim`: whether every file is in every store, what to do when it is not, and whose the stores are.
 *
 * Exit status 1 when something is wrong, or could not be looked at.
 */
import { closeDatabase } from '#shared/runtime';
import { findPlace } from './doctor/place.ts';
import { showCount } from './import/showCount.ts';
import { claimStores } from './media/claim.ts';
import { HELP, type MediaCommand, readCommandLine } from './media/commandLine.ts';
import type { MediaFinding } from './media/finding.ts';
import { showStatus } from './media/status.ts';
import { syncFiles } from './media/sync.ts';
import { verifyFiles } from './media/verify.ts';

const ctrlC = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ctrlC.abort(new Error('Stopped · 중단되었습니다')));
process.once('disconnect', () => process.exit(1)); // whoever started us is gone, and with it what we write to
process.exitCode = await main().catch((error: Error) => {
  console.error(error.message);
  return 1;
});
process.exit();

async function main(): Promise<number> {
  const asked = readCommandLine(process.argv.slice(2));
  if (asked.command === 'help') {
    console.log(HELP);
    return 0;
  }
  const place = await findPlace(asked.project, process.env, `npm run media -- ${asked.command}`);
  const isLocal = place.settings['FIRESTORE_EMULATOR_HOST'] !== undefined;
  const quiet = { LOG_LEVEL: 'silent', ...(isLocal ? { METADATA_SERVER_DETECTION: 'none' } : {}) };
  Object.assign(process.env, { ...quiet, ...process.env, ...place.settings });
  console.log(`Looking at ${place.name}`);
  const line = showCount();
  try {
    const { isSound, lines } = await run(asked, (text) => line.update(`${asked.command}: ${text}`));
    line.end();
    console.log(lines.join('\n'));
    await closeDatabase();
    return isSound ? 0 : 1;
  } finally {
    line.end();
  }
}

function run({ command, isQuick }: MediaCommand, progress: (text: string) => void): Promise<MediaFinding> {
  const context = { progress, signal: ctrlC.signal };
  switch (command) {
    case 'verify':
      return verifyFiles({ ...context, isQuick });
    case 'sync':
      return syncFiles(context);
    case 'claim':
      return claimStores();
    default:
      return showStatus(context);
  }
}
