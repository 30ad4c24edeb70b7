import { relative } from 'node:path';
import { bold } from './progress.ts';

export interface WelcomeFacts {
  port: number;
  directory: string;
  settings: NodeJS.ProcessEnv;
  functionCount: number;
  /** Processes per function, when each has its own. */
  instances: number | undefined;
  isKeySound: boolean;
  seconds: number;
}

/** What a person needs once everything is up: where to go and what to type. */
export function welcome(facts: WelcomeFacts): string {
  const { port, settings, seconds, functionCount, instances } = facts;
  const base = `http://localhost:${port}/v1`;
  const directory = shortest(facts.directory);
  const show = (name: string) => settings[name] ?? '-';
  const isolated = instances ? `, ${instances} process${instances > 1 ? 'es' : ''} each from the first call on` : '';
  const key = facts.isKeySound ? '' : '   (not a sound key: storage is down until it is repaired)';
  return [
    '',
    bold(`Sori runs · 소리가 실행 중입니다   ${base}/   (${seconds} s)`),
    '',
    `  ${functionCount} functions${isolated}, project ${show('GOOGLE_CLOUD_PROJECT')}`,
    `  Firestore        ${show('FIRESTORE_EMULATOR_HOST')}`,
    `  Firebase Auth    ${show('FIREBASE_AUTH_EMULATOR_HOST')}`,
    `  Cloud Storage    ${show('STORAGE_EMULATOR_HOST')}`,
    `  Cloud Scheduler  ${show('CLOUD_SCHEDULER_ENDPOINT')}`,
    `  TopMediai        ${show('TOPMEDIAI_BASE_URL')}`,
    `  Docs · 문서      http://localhost:${port}/docs`,
    '',
    bold('Sign in · 로그인   user01@sori.example / sori-local-only'),
    `  curl -s ${base}/signIn -H 'Content-Type: application/json' \\`,
    `    -d '{"email":"user01@sori.example","password":"sori-local-only"}'`,
    '',
    bold('Have a song made · 노래 만들기 (another terminal · 다른 터미널에서)'),
    `  ${port === 8080 ? '' : `PORT=${port} `}npm run demo`,
    '',
    `  Storage key      ${shortest(show('GCS_KEY_FILE'))}${key}`,
    `  Logs · 로그      ${directory}/logs/*.log`,
    `  Data · 데이터    ${directory}`,
    '',
    'Ctrl-C stops and keeps everything · Ctrl-C로 종료해도 데이터는 남습니다',
  ].join('\n');
}

function shortest(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith('..') ? path : fromHere || '.';
}
