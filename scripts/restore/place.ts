import { join, resolve } from 'node:path';
import { findPlace, type Place } from '../doctor/place.ts';
import { readOwnAddress } from '../local/google/index.ts';
import { localSecrets } from '../local/localSecrets.ts';
import { BACKUP_BUCKET } from '../local/ownSettings.ts';

/** Where backups are and where they go. @throws naming what is not set */
export async function restorePlace(project: string | undefined, outside: NodeJS.ProcessEnv): Promise<Place> {
  const place = await findPlace(project, outside, 'npm run restore --');
  const isOwn = place.settings['STORAGE_EMULATOR_HOST'] !== undefined;
  const settings: Record<string, string> = {
    ...(isOwn ? ownSettings(resolve(outside['SORI_DATA_DIR'] || '.sori')) : {}),
    ...place.settings,
  };
  const lacking = ['BACKUP_BUCKET', 'BACKUP_SECRET', 'JWT_SECRET'].filter((name) => !outside[name] && !settings[name]);
  if (lacking.length === 0) return { ...place, settings };
  throw new Error(`Set ${lacking.join(', ')}: as the service that made the backup had them · 환경 변수를 설정하세요`);
}

function ownSettings(directory: string): Record<string, string> {
  const scheduler = readOwnAddress(join(directory, 'scheduler'));
  return { BACKUP_BUCKET, ...localSecrets(directory), ...(scheduler ? { CLOUD_SCHEDULER_ENDPOINT: new URL(scheduler).host } : {}) };
}
