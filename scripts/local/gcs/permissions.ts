/**
 * Who may do what with a bucket: IAM, as far as a storage key can be wrong there.
 *
 * A bucket that names no members is open to every account that the local Google knows, as those of its own project are.
 *
 * @see https://cloud.google.com/storage/docs/access-control/iam-json and …/iam-roles
 */
import type { Bearer } from '../google/index.ts';
import { refuse } from '../objectStore/gcsError.ts';
import type { Storage } from '../objectStore/storage.ts';
import type { Call } from './call.ts';

const READING = ['storage.objects.get', 'storage.objects.list'];
const CHANGING = ['storage.objects.create', 'storage.objects.delete', 'storage.objects.update'];

/** `roles/storage.<name>`. */
const ROLES = {
  objectViewer: READING,
  objectCreator: ['storage.objects.create'],
  objectAdmin: [...READING, ...CHANGING],
  admin: [...READING, ...CHANGING, 'storage.buckets.get', 'storage.buckets.update'],
} satisfies Record<string, string[]>;

export type Role = keyof typeof ROLES;

/** Accounts by e-mail, each with its role. */
export type Members = Record<string, Role>;

/** One permission that a call needs, and where. */
export interface Need {
  bucket: string;
  permission: string;
}

/** @param parts - of the path, behind the address of the API */
export function needsOf(api: 'json' | 'upload' | 'xml', { method }: Call, parts: string[]): Need[] {
  if (api === 'xml') return [{ bucket: parts[0] ?? '', permission: objectPermission(method) }];
  const [, bucket = '', collection, name, verb, , toBucket = ''] = parts;
  if (!bucket || collection === 'iam') return []; // who is asked which permissions he has needs none
  if (api === 'upload') return [{ bucket, permission: 'storage.objects.create' }];
  if (!collection) return [{ bucket, permission: method === 'GET' ? 'storage.buckets.get' : 'storage.buckets.update' }];
  if (!name) return [{ bucket, permission: 'storage.objects.list' }];
  if (!verb) return [{ bucket, permission: objectPermission(method) }];
  return [
    { bucket, permission: 'storage.objects.get' },
    { bucket: toBucket, permission: 'storage.objects.create' },
  ];
}

function objectPermission(method: string): string {
  const verb = { PUT: 'create', PATCH: 'update', DELETE: 'delete' }[method] ?? 'get';
  return `storage.objects.${verb}`;
}

/** @throws 403 when the token or its account does not reach so far; 404 for a bucket that is not there */
export function authorise(storage: Storage, { email, scopes }: Bearer, needs: Need[]): void {
  const isReading = needs.every(({ permission }) => READING.includes(permission));
  const wanted = (isReading ? READING_SCOPES : WRITING_SCOPES).map((scope) => `https://www.googleapis.com/auth/${scope}`);
  if (!scopes.some((scope) => wanted.includes(scope))) throw refuse.accessDenied('Provided scope(s) are not authorized');
  checkPermissions(storage, email, needs);
}

const WRITING_SCOPES = ['devstorage.full_control', 'devstorage.read_write', 'cloud-platform'];
const READING_SCOPES = [...WRITING_SCOPES, 'devstorage.read_only', 'cloud-platform.read-only'];

/** @throws 403 when the account lacks a permission; 404 for a bucket that is not there */
export function checkPermissions(storage: Storage, email: string, needs: Need[]): void {
  for (const { bucket, permission } of needs) {
    if (permissionsOf(storage, email, bucket, [permission]).length === 0) throw refuse.accessDenied(denied(email, permission));
  }
}

/** Those of `asked` that the account has. @throws 404 for a bucket that is not there */
export function permissionsOf(storage: Storage, email: string, bucket: string, asked: string[]): string[] {
  const { members } = storage.bucket(bucket).bucket;
  if (!members) return asked;
  const role = members[email];
  const granted: string[] = role ? ROLES[role] : [];
  return asked.filter((permission) => granted.includes(permission));
}

function denied(email: string, permission: string): string {
  const what = permission.startsWith('storage.buckets') || permission === 'storage.objects.list' ? 'bucket' : 'object';
  const who = `${email} does not have ${permission} access to the Google Cloud Storage ${what}.`;
  return `${who} Permission '${permission}' denied on resource (or it may not exist).`;
}
