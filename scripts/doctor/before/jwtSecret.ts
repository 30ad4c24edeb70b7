import { broken, type Check, sound } from '../check.ts';

const LEAST_CHARACTERS = 64;
/** 64 hexadecimal characters made by chance have fewer once in six million times; what a person types often has. */
const LEAST_DIFFERENT = 12;
/** Of the beginning of a text that only repeats. */
const LONGEST_PERIOD = 16;

export const jwtSecret: Check = {
  name: 'jwtSecret',
  list: 'before',
  summary: { en: 'the secrets that sign tickets and seal backups cannot be guessed', ko: '티켓 서명·백업 봉인 비밀값의 강도' },
  look({ site: { settings } }) {
    const faults = [
      ...['JWT_SECRET', 'BACKUP_SECRET'].flatMap((name) => weaknessOf(settings[name]).map((fault) => `${name} ${fault}`)),
      ...(settings['JWT_SECRET'] && settings['JWT_SECRET'] === settings['BACKUP_SECRET']
        ? ['JWT_SECRET and BACKUP_SECRET are the same']
        : []),
    ];
    if (faults.length === 0) return sound('JWT_SECRET and BACKUP_SECRET are long, random and different');
    return broken(faults, {
      en: 'Make a new one: openssl rand -hex 48. A new JWT_SECRET ends all tickets; keep an old BACKUP_SECRET for as long as its backups.',
      ko: 'openssl rand -hex 48 로 새로 만드세요. 이전 BACKUP_SECRET은 그 백업을 보관하는 동안 함께 보관하세요.',
    });
  },
};

function weaknessOf(secret = ''): string[] {
  if (secret === '') return ['is not set'];
  if (secret.length < LEAST_CHARACTERS) return [`has ${secret.length} characters; ${LEAST_CHARACTERS} are the least`];
  if (new Set(secret).size < LEAST_DIFFERENT) return [`has only ${new Set(secret).size} different characters`];
  return isRepeated(secret) ? ['repeats itself'] : [];
}

function isRepeated(secret: string): boolean {
  const periods = Array.from({ length: LONGEST_PERIOD }, (_, index) => index + 1);
  return periods.some((period) => secret.startsWith(secret.slice(period)));
}
