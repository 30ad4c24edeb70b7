import { DEFAULT_SETTINGS, database, readSettings, SETTINGS_DOCUMENT, type ServiceSettings, transact } from '#shared/runtime';
import { type Operation, writeAudit } from './audit.ts';

/** As they stand; what somebody has spoiled by hand shows as the default. */
export async function getServiceSettings(): Promise<ServiceSettings> {
  const db = await database();
  return readSettings((await db.doc(SETTINGS_DOCUMENT).get()).data()).settings;
}

/** Changes those that are given. All instances follow within 10 s. @returns all of them, as they are from now on */
export function changeSettings(
  given: { [Name in keyof ServiceSettings]?: ServiceSettings[Name] | undefined },
  operation: Operation,
): Promise<ServiceSettings> {
  return transact(async (transaction, db) => {
    const ref = db.doc(SETTINGS_DOCUMENT);
    const { settings } = readSettings((await transaction.get(ref)).data());
    const change = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<ServiceSettings>;
    const before = Object.fromEntries(Object.entries(settings).filter(([name]) => name in change));
    transaction.set(ref, { ...DEFAULT_SETTINGS, ...settings, ...change });
    writeAudit(transaction, db, operation, { target: SETTINGS_DOCUMENT, before, after: change });
    return { ...settings, ...change };
  });
}
