import { config, required } from '#shared/runtime';
import type { DatabaseAdmin } from './port.ts';

/** Firestore's own service, or the emulator. */
export async function ownDatabaseAdmin(): Promise<DatabaseAdmin> {
  if (config().FIRESTORE_EMULATOR_HOST) return (await import('./emulatorDatabase.ts')).emulatorDatabase();
  return (await import('./managedDatabase.ts')).managedDatabase(required('BACKUP_BUCKET'));
}
