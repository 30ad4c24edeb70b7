/** The emulator's export service, with faults: it stands for an outside service that does what it likes. */
import type { Firestore } from '@google-cloud/firestore';
import { emulatorDatabase } from '../../../shared/snapshots/emulatorDatabase.ts';
import { type DatabaseAdmin, DatabaseRefused, type OperationState } from '../../../shared/snapshots/port.ts';

export interface Meddling {
  afterExport?: (place: string) => Promise<void>;
  /** In the database that the backup was brought back into. */
  afterImport?: (db: Firestore) => Promise<void>;
  /** The export says that it has so many fewer than it should. */
  documentsLost?: number;
  /** Instead of the state of every operation. */
  state?: OperationState;
  /** Thrown instead of beginning an export. */
  refusal?: Error;
  /** So often an import is refused, as while its database is still being made. */
  importsRefused?: number;
}

export interface MeddledAdmin extends DatabaseAdmin {
  calls: string[];
}

export function adminWith({ afterExport, afterImport, documentsLost = 0, state, refusal, importsRefused = 0 }: Meddling): MeddledAdmin {
  const real = emulatorDatabase();
  const calls: string[] = [];
  return {
    ...real,
    calls,
    async startExport(place, snapshotAt, collections) {
      calls.push('export');
      if (refusal) throw refusal;
      const operation = await real.startExport(place, snapshotAt, collections);
      await afterExport?.(place);
      return operation;
    },
    async startImport(place, databaseId) {
      calls.push('import');
      if (calls.filter((call) => call === 'import').length <= importsRefused) throw new DatabaseRefused('no such database');
      const operation = await real.startImport(place, databaseId);
      const db = await real.open(databaseId);
      await afterImport?.(db);
      await db.terminate();
      return operation;
    },
    startDelete(databaseId) {
      calls.push('delete');
      return real.startDelete(databaseId);
    },
    async stateOf(operation) {
      if (state) return state;
      const found = await real.stateOf(operation);
      return found.state === 'done' ? { ...found, documents: found.documents - documentsLost } : found;
    },
  };
}
