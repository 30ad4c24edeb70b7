import { describe, expect, it } from '@jest/globals';
import { parseSettings, SettingsError, STAND_IN_SETTINGS } from '#shared/runtime';

const PROJECT = { GOOGLE_CLOUD_PROJECT: 'sori-production' };

function faultsOf(env: NodeJS.ProcessEnv): string[] {
  try {
    parseSettings(env);
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
  return [];
}

const STAND_INS: Record<(typeof STAND_IN_SETTINGS)[number], string> = {
  FIRESTORE_EMULATOR_HOST: '127.0.0.1:8085',
  FIREBASE_AUTH_EMULATOR_HOST: '127.0.0.1:9099',
  STORAGE_EMULATOR_HOST: 'http://127.0.0.1:4443',
  CLOUD_SCHEDULER_ENDPOINT: '127.0.0.1:8123',
  SECRET_MANAGER_ENDPOINT: 'http://127.0.0.1:8124',
  GOOGLE_TOKEN_URL: 'http://127.0.0.1:8125/token',
  GOOGLE_CERTS_URL: 'http://127.0.0.1:8125',
};

describe('On Google Cloud', () => {
  it.each(STAND_IN_SETTINGS)('%s stops the start, and nowhere else does', (name) => {
    const env = { ...PROJECT, [name]: STAND_INS[name] };
    expect(parseSettings(env)).toMatchObject(env);
    expect(faultsOf({ ...env, K_SERVICE: 'getsong' })).toEqual([`${name} must not be set on Google Cloud`]);
  });

  it('they are all named at once, also beside other faults', () => {
    const faults = faultsOf({ ...STAND_INS, K_SERVICE: 'getsong', REGION: 'moon' });
    expect(faults).toEqual([
      expect.stringMatching(/^GOOGLE_CLOUD_PROJECT: /),
      'REGION: must be a Google Cloud region',
      ...STAND_IN_SETTINGS.map((name) => `${name} must not be set on Google Cloud`),
    ]);
  });

  it('an empty one counts as not set', () => {
    expect(faultsOf({ ...PROJECT, K_SERVICE: 'getsong', FIREBASE_AUTH_EMULATOR_HOST: '' })).toEqual([]);
  });
});

describe('A setting that breaks its rule', () => {
  const VALUE = 'hunter2-which-nobody-may-see';

  it.each([
    'REGION',
    'SERVICE_TIME_ZONE',
    'SERVICE_URL',
    'SCHEDULER_SERVICE_ACCOUNT',
    'TRUSTED_PROXY_HOPS',
    'ALLOWED_ORIGINS',
    'JWT_SECRET',
    'TOPMEDIAI_BASE_URL',
    'MEDIA_STORES',
    'ALERT_WEBHOOK_URL',
    'SENTRY_DSN',
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'LOG_LEVEL',
    'FIRESTORE_EMULATOR_HOST',
    'GOOGLE_CERTS_URL',
  ])('%s is named with the rule, never with its value', (name) => {
    const faults = faultsOf({ ...PROJECT, [name]: VALUE });
    expect(faults).toEqual([expect.stringMatching(new RegExp(`^${name}: .{5,}`))]);
    expect(faults.join()).not.toContain('hunter2');
  });

  it.each(['-1', '6', '1.5', 'many'])('TRUSTED_PROXY_HOPS=%s is one', (value) => {
    expect(faultsOf({ ...PROJECT, TRUSTED_PROXY_HOPS: value })).toHaveLength(1);
  });

  it.each(['local:', 'ftp:x', 'gcs:a,local:b,gcs:c', ','])('MEDIA_STORES=%s is one', (value) => {
    expect(faultsOf({ ...PROJECT, MEDIA_STORES: value })).toEqual([expect.stringMatching(/^MEDIA_STORES: /)]);
  });
});

describe('Settings', () => {
  it('have defaults that work in Seoul', () => {
    expect(parseSettings(PROJECT)).toEqual({
      ...PROJECT,
      REGION: 'asia-northeast3',
      SERVICE_TIME_ZONE: 'Asia/Seoul',
      ALLOWED_ORIGINS: [],
      TOPMEDIAI_BASE_URL: 'https://api.topmediai.com',
      LOG_LEVEL: 'info',
      SORI_DATA_DIR: '.sori',
    });
  });

  it('may be lists, with blanks and empty places', () => {
    const env = {
      ...PROJECT,
      ALLOWED_ORIGINS: ' https://a.example ,,https://b.example,',
      MEDIA_STORES: 'local:/srv/media, gcs:sori-media',
    };
    expect(parseSettings(env)).toMatchObject({
      ALLOWED_ORIGINS: ['https://a.example', 'https://b.example'],
      MEDIA_STORES: ['local:/srv/media', 'gcs:sori-media'],
    });
  });

  it('take the project from wherever Google names it, the plainest first', () => {
    const FIREBASE_CONFIG = JSON.stringify({ projectId: 'sori-third' });
    const project = (env: NodeJS.ProcessEnv) => parseSettings(env).GOOGLE_CLOUD_PROJECT;
    expect(project({ GOOGLE_CLOUD_PROJECT: 'sori-first', GCLOUD_PROJECT: 'sori-second', FIREBASE_CONFIG })).toBe('sori-first');
    expect(project({ GCLOUD_PROJECT: 'sori-second', FIREBASE_CONFIG })).toBe('sori-second');
    expect(project({ FIREBASE_CONFIG })).toBe('sori-third');
    expect(faultsOf({ FIREBASE_CONFIG: '/etc/firebase.json' })).toEqual([expect.stringMatching(/^GOOGLE_CLOUD_PROJECT: /)]);
  });
});

describe('The address for errors', () => {
  it.each(['https://sentry.example', 'https://key@sentry.example/', 'https://key@sentry.example/name', 'https://sentry.example/42'])(
    'is refused where nothing could be sent to it: %s',
    (SENTRY_DSN) => {
      expect(faultsOf({ ...PROJECT, SENTRY_DSN })).toEqual(['SENTRY_DSN: must be a DSN: https://<key>@<host>/<project>']);
    },
  );

  it.each(['https://abc@o1.ingest.sentry.example/42', `http://abc:${'x'.repeat(8)}@127.0.0.1:9000/behind/a/path/7`])(
    'may be %s',
    (SENTRY_DSN) => {
      expect(faultsOf({ ...PROJECT, SENTRY_DSN })).toEqual([]);
    },
  );
});
