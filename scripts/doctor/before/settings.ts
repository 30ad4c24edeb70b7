import { parseSettings, SettingsError } from '#shared/runtime';
import { broken, type Check, sound } from '../check.ts';

/** Without one of these some function cannot do its work. */
const NEEDED = [
  'AUTH_API_KEY',
  'ALLOWED_ORIGINS',
  'BACKUP_BUCKET',
  'BACKUP_SECRET',
  'JWT_SECRET',
  'SCHEDULER_SERVICE_ACCOUNT',
  'TOPMEDIAI_API_KEY',
] as const;

export const settings: Check = {
  name: 'settings',
  list: 'before',
  summary: { en: 'every setting is there and can be read', ko: '모든 설정이 있고 읽을 수 있음' },
  look({ site }) {
    const lacking = NEEDED.filter((name) => !site.settings[name]);
    const faults = [...lacking.map((name) => `${name} is not set`), ...faultsIn(site.settings)];
    if (faults.length === 0) return sound(`${NEEDED.length} needed settings are set, and all are well-formed`);
    return broken(faults, {
      en: 'Set them as README.md, "Configuration", says: secrets in Secret Manager, the others in .env.<project>.',
      ko: 'README.md의 설정 표대로 지정하세요. 비밀값은 Secret Manager에, 나머지는 .env.<project>에 둡니다.',
    });
  },
};

/** A fault names the setting and the rule, never the value. */
function faultsIn(settings: Record<string, string>): string[] {
  try {
    parseSettings(settings);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
}
