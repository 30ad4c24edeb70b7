import { startAuthEmulator } from '../../scripts/local/emulators/auth.ts';
import { startFirestoreEmulator } from '../../scripts/local/emulators/firestore.ts';

/** Once per test run: both emulators on free ports, their addresses for the workers in the environment. Addresses given are used as they are. */
export default async function globalSetup(): Promise<void> {
  process.env['METADATA_SERVER_DETECTION'] = 'none';
  if (process.env['FIRESTORE_EMULATOR_HOST'] && process.env['FIREBASE_AUTH_EMULATOR_HOST']) return;
  const started = await Promise.allSettled([startFirestoreEmulator(), startAuthEmulator()]);
  Object.assign(globalThis, { soriEmulators: started.flatMap((part) => (part.status === 'fulfilled' ? [part.value] : [])) });
  const [firestore, auth] = started;
  if (firestore.status === 'rejected') throw firestore.reason;
  if (auth.status === 'rejected') throw auth.reason;
  process.env['FIRESTORE_EMULATOR_HOST'] = firestore.value.host;
  process.env['FIREBASE_AUTH_EMULATOR_HOST'] = auth.value.host;
}
