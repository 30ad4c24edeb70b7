/**
 * The settings of the process: environment variables, parsed once by one schema.
 *
 * A fault names the variable and the rule that it breaks, never its value: values may be secrets.
 * This is the only file of the project that reads `process.env` for production code.
 */
import { resolve } from 'node:path';
import { z } from 'zod';

/** Addresses of local stand-ins. Together with `K_SERVICE`, which only Google sets, they stop the start: emulator tokens are unsigned. */
export const STAND_IN_SETTINGS = [
  'FIRESTORE_EMULATOR_HOST',
  'FIREBASE_AUTH_EMULATOR_HOST',
  'STORAGE_EMULATOR_HOST',
  'CLOUD_SCHEDULER_ENDPOINT',
  'SECRET_MANAGER_ENDPOINT',
  'GOOGLE_TOKEN_URL',
  'GOOGLE_CERTS_URL',
] as const;

/** Settings that Secret Manager holds in production; a function gets those its definition names. */
export const SECRET_SETTINGS = ['JWT_SECRET', 'BACKUP_SECRET', 'TOPMEDIAI_API_KEY', 'ALERT_WEBHOOK_URL'] as const;

export type SecretSetting = (typeof SECRET_SETTINGS)[number];

const hostAndPort = z.string().regex(/^[^\s/]+:\d{1,5}$/, 'must be host:port');
const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });
/** Of anything else its client would make nothing, without a word. */
const sentryDsn = z.string().regex(/^https?:\/\/[^@/\s]+@[^/\s]+\/(?:\S+\/)?\d+$/, 'must be a DSN: https://<key>@<host>/<project>');
const timeZone = z.string().refine(isTimeZone, 'must be an IANA time zone such as Asia/Seoul');

const Settings = z.object({
  GOOGLE_CLOUD_PROJECT: z.string().regex(/^[a-z][a-z0-9-]{4,29}$/, 'must be a Google Cloud project id'),
  REGION: z
    .string()
    .regex(/^[a-z]+-[a-z]+\d$/, 'must be a Google Cloud region')
    .default('asia-northeast3'),
  SERVICE_TIME_ZONE: timeZone.default('Asia/Seoul'),
  SERVICE_URL: httpUrl.optional(),
  SCHEDULER_SERVICE_ACCOUNT: z.email('must be the e-mail of a service account').optional(),
  TRUSTED_PROXY_HOPS: z.coerce.number('must be a whole number').int().min(0).max(5).optional(),
  ALLOWED_ORIGINS: z.string().transform(splitList).pipe(z.array(httpUrl)).default([]),
  AUTH_API_KEY: z.string().min(1).optional(),
  JWT_SECRET: z.string().min(64, 'must have at least 64 characters').optional(),
  TOPMEDIAI_BASE_URL: httpUrl.default('https://api.topmediai.com'),
  TOPMEDIAI_API_KEY: z.string().min(1).optional(),
  MEDIA_STORES: z
    .string()
    .transform(splitList)
    .pipe(
      z
        .array(z.string().regex(/^(gcs|local):.+/, 'must be gcs:<bucket> or local:<directory>'))
        .min(1)
        .max(2),
    )
    .optional(),
  BACKUP_BUCKET: z.string().min(3).optional(),
  BACKUP_SECRET: z.string().min(64, 'must have at least 64 characters').optional(),
  GCS_KEY_SECRET: z.string().min(1).optional(),
  GCS_KEY_FILE: z.string().min(1).optional(),
  ALERT_WEBHOOK_URL: httpUrl.optional(),
  // Where errors and traces go besides the log. A DSN can only write, and browsers carry it in the open: it is no secret.
  SENTRY_DSN: sentryDsn.optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional(),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  SORI_DATA_DIR: z.string().min(1).default('.sori'),
  FIRESTORE_EMULATOR_HOST: hostAndPort.optional(),
  FIREBASE_AUTH_EMULATOR_HOST: hostAndPort.optional(),
  STORAGE_EMULATOR_HOST: httpUrl.optional(),
  CLOUD_SCHEDULER_ENDPOINT: hostAndPort.optional(),
  SECRET_MANAGER_ENDPOINT: httpUrl.optional(),
  GOOGLE_TOKEN_URL: httpUrl.optional(),
  GOOGLE_CERTS_URL: httpUrl.optional(),
  NODE_ENV: z.string().optional(),
  K_SERVICE: z.string().optional(),
  K_REVISION: z.string().optional(),
  FUNCTION_TARGET: z.string().optional(),
});

export type Settings = z.output<typeof Settings>;

let parsed: Settings | undefined;

/** The settings of this process. The first call parses them. @throws {SettingsError} naming each variable at fault */
export function config(): Settings {
  parsed ??= parseSettings(process.env);
  return parsed;
}

/** A setting that this piece of code cannot do without. @throws {SettingsError} when it is not set */
export function required<Name extends keyof Settings>(name: Name): NonNullable<Settings[Name]> {
  const value = config()[name];
  if (value === undefined || value === null) throw new SettingsError([`${name} is not set`]);
  return value as NonNullable<Settings[Name]>;
}

/** Where clients reach a function by its name: `SERVICE_URL`, else the functions' own address. No slash at the end. */
export function serviceUrl(): string {
  const settings = config();
  return (settings.SERVICE_URL ?? ownAddress(settings)).replace(/\/+$/, '');
}

/**
 * Where Cloud Scheduler calls a function, and whom its tokens are for. On Google that is the address which Google gave the functions, also when
 * `SERVICE_URL` names a domain of one's own: the front end of a function that only the Scheduler may call takes no token for another audience.
 */
export function functionsUrl(): string {
  const settings = config();
  const isLocal = STAND_IN_SETTINGS.some((name) => settings[name] !== undefined);
  return isLocal ? serviceUrl() : ownAddress(settings);
}

function ownAddress({ REGION, GOOGLE_CLOUD_PROJECT }: Settings): string {
  return `https://${REGION}-${GOOGLE_CLOUD_PROJECT}.cloudfunctions.net`;
}

/** The ids of the stores that `MEDIA_STORES` names, in its order; by default one bucket, `<project>-media`. Directories have their whole path. */
export function mediaStoreIds(): string[] {
  const { MEDIA_STORES, GOOGLE_CLOUD_PROJECT } = config();
  const names = MEDIA_STORES ?? [`gcs:${GOOGLE_CLOUD_PROJECT}-media`];
  return names.map((name) => (name.startsWith(LOCAL) ? `${LOCAL}${resolve(name.slice(LOCAL.length))}` : name));
}

const LOCAL = 'local:';

/** Parses an environment. @throws {SettingsError} listing every fault, not only the first */
export function parseSettings(env: NodeJS.ProcessEnv): Settings {
  const filled = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = Settings.safeParse({ ...filled, GOOGLE_CLOUD_PROJECT: projectOf(filled) });
  const faults = result.success ? [] : result.error.issues.map((issue) => `${String(issue.path[0])}: ${issue.message}`);
  if (filled['K_SERVICE']) {
    faults.push(...STAND_IN_SETTINGS.filter((name) => filled[name]).map((name) => `${name} must not be set on Google Cloud`));
  }
  if (!result.success || faults.length > 0) throw new SettingsError(faults);
  return result.data;
}

/** The process cannot run with these settings. */
export class SettingsError extends Error {
  override name = 'SettingsError';
  readonly faults: string[];
  constructor(faults: string[]) {
    super(`Settings at fault: ${faults.join('; ')}`);
    this.faults = faults;
  }
}

function projectOf(env: Record<string, string | undefined>): string | undefined {
  return env['GOOGLE_CLOUD_PROJECT'] ?? env['GCLOUD_PROJECT'] ?? projectOfFirebaseConfig(env['FIREBASE_CONFIG']);
}

function projectOfFirebaseConfig(json: string | undefined): string | undefined {
  try {
    return z.object({ projectId: z.string() }).safeParse(JSON.parse(json ?? '')).data?.projectId;
  } catch {
    return undefined; // FIREBASE_CONFIG may also be the path of a file; then the project must be named otherwise
  }
}

function splitList(list: string): string[] {
  return list
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
}

function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}
