/** What becomes of a run after its function has answered: long operations go on in `watchService`, and some results are worth reading. */
import { z } from 'zod';
import { BACKUPS, Backup } from '#shared/backups';
import { listReports, type Report } from '#shared/reports';
import { database, fromDocument } from '#shared/runtime';
import { waitUntil } from '../local/waitUntil.ts';

export interface Outcome {
  isSound: boolean;
  /** For people. */
  lines: string[];
  /** For programs. */
  data: unknown;
}

/** @param say - how far it has come */
type Follow = (result: Record<string, unknown>, say: (text: string) => void) => Promise<Outcome>;

/** A job that is not here has done all when it has answered. */
export const FOLLOW: Record<string, Follow> = { backUpDatabase: followBackup, reportDailyUsage: showReports };

/** An emulator's database is exported in seconds; a large one on Google Cloud in an hour. */
const LONGEST_BACKUP_MS = 60 * 60_000;

async function followBackup(result: Record<string, unknown>, say: (text: string) => void): Promise<Outcome> {
  const { backupId } = z.object({ backupId: z.string() }).parse(result);
  const document = (await database()).doc(`${BACKUPS}/${backupId}`);
  let backup: Backup | undefined;
  const isOver = async () => {
    const found = Backup.parse(fromDocument((await document.get()).data() ?? {}));
    if (found.state !== backup?.state) say(`${backupId}: ${found.state}`);
    backup = found;
    return found.state === 'verified' || found.state === 'failed';
  };
  await waitUntil(`${backupId} verified or failed`, isOver, LONGEST_BACKUP_MS);
  return { isSound: backup?.state === 'verified', lines: backup ? backupLines(backup) : [], data: backup };
}

function backupLines({ state, backupId, documents, accounts, bytes, snapshotAt, comparison, failure }: Backup): string[] {
  if (failure) return [`${backupId} has failed · 백업 실패: ${failure.code}: ${failure.detail}`];
  const held = `${documents} documents, ${accounts} accounts, ${bytes} bytes of ${snapshotAt}${COMPARED[comparison?.state ?? 'none'] ?? ''}`;
  return [`${backupId} is ${state} · 백업 완료: ${held}`];
}

const COMPARED: Record<string, string> = { equal: ', also restored and compared', running: ', and is being restored and compared' };

async function showReports(result: Record<string, unknown>): Promise<Outcome> {
  const { days } = z.object({ days: z.array(z.string()) }).parse(result);
  const { items } = await listReports({ limit: 50 });
  const reports: Report[] = items.filter(({ day }) => days.includes(day));
  return { isSound: true, lines: reports.flatMap(({ text }) => [text.en, '', text.ko, '']), data: reports };
}
