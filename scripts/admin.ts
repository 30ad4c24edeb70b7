/**
 * `npm run admin -- grant <e-mail>|revoke <e-mail>|list`: who operates the service. The first operator is made here; after that, operators
 * may use `updateUser` as well.
 *
 * Exit status 1 when nothing was done.
 */
import { closeDatabase } from '#shared/runtime';
import { HELP, readCommandLine } from './admin/commandLine.ts';
import { run } from './admin/run.ts';
import { findPlace } from './doctor/place.ts';

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
  const place = await findPlace(asked.project, process.env, `npm run admin -- ${asked.command} ${asked.email}`.trim());
  Object.assign(process.env, { LOG_LEVEL: 'silent', ...process.env, ...place.settings });
  requireOneWorld(process.env);
  console.log(`At ${place.name}`);
  try {
    console.log((await run(asked)).join('\n'));
    return 0;
  } finally {
    await closeDatabase();
  }
}

/** Half of it here and half of it at Google would give a role to somebody else. */
function requireOneWorld({ FIRESTORE_EMULATOR_HOST: firestore, FIREBASE_AUTH_EMULATOR_HOST: auth }: NodeJS.ProcessEnv): void {
  if (Boolean(firestore) === Boolean(auth)) return;
  const [set, lacking] = firestore
    ? ['FIRESTORE_EMULATOR_HOST', 'FIREBASE_AUTH_EMULATOR_HOST']
    : ['FIREBASE_AUTH_EMULATOR_HOST', 'FIRESTORE_EMULATOR_HOST'];
  throw new Error(`${set} is set and ${lacking} is not: set both, or neither · 두 변수를 모두 설정하거나 모두 지우세요`);
}
