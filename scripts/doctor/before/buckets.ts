import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { BACKUP_LIFE_CYCLE } from '#shared/backups';
import { storageKey } from '#shared/media';
import { mediaStoreIds } from '#shared/runtime';
import { bucketCors } from '../../local/bucketCors.ts';
import { askGoogle } from '../askGoogle.ts';
import { broken, type Check, type Finding, sound, together } from '../check.ts';
import type { Site } from '../site.ts';

const Bucket = z.object({
  location: z.string(),
  cors: z.array(z.object({ origin: z.array(z.string()).default([]), method: z.array(z.string()).default([]) })).default([]),
  lifecycle: z.unknown().optional(),
  iamConfiguration: z.object({ publicAccessPrevention: z.string().default('inherited') }).default({ publicAccessPrevention: 'inherited' }),
});
type Bucket = z.output<typeof Bucket>;

const Granted = z.object({ permissions: z.array(z.string()).default([]) });
const NEEDED = ['create', 'delete', 'get', 'list', 'update'].map((verb) => `storage.objects.${verb}`);

export const buckets: Check = {
  name: 'buckets',
  list: 'before',
  summary: { en: "the buckets' CORS, life-cycle, region and rights are as declared, and none is public", ko: '버킷 설정과 권한' },
  async look({ site }) {
    const media = mediaStoreIds().flatMap((id) => (id.startsWith('gcs:') ? [id.slice('gcs:'.length)] : []));
    const backup = site.settings['BACKUP_BUCKET'] ?? '';
    const findings = await Promise.all([
      ...media.map((name) => lookAtMedia(site, name)),
      ...(backup === '' || backup.startsWith('local:') ? [] : [lookAtBackups(site, backup)]),
    ]);
    return findings.length === 0 ? sound('no bucket is in use') : together(findings);
  },
};

async function lookAtMedia(site: Site, name: string): Promise<Finding> {
  const denied = await deniedOn(site, name);
  if (denied.length > 0) return broken(`${name}: the key's account lacks ${denied.join(', ')}`, GRANT);
  const bucket = await read(site, name);
  const origins = (site.settings['ALLOWED_ORIGINS'] ?? '').split(',').filter(Boolean);
  const wanted = bucketCors(origins)[0]?.method ?? [];
  const isOpenTo = (origin: string) =>
    bucket.cors.some((rule) => rule.origin.includes(origin) && wanted.every((verb) => rule.method.includes(verb)));
  const shut = origins.filter((origin) => !isOpenTo(origin));
  return findingOf(site, name, bucket, shut.length > 0 ? [`CORS does not let in ${shut.join(', ')}`] : []);
}

const GRANT = {
  en: 'Give the account of the key the role roles/storage.objectAdmin on the bucket.',
  ko: '키의 계정에 버킷의 roles/storage.objectAdmin 역할을 주세요.',
};

/** What the functions' own account may do is for IAM to say; a given key can be asked for. */
async function deniedOn(site: Site, name: string): Promise<string[]> {
  const key = storageKey();
  if (!key) return [];
  const path = `/storage/v1/b/${name}/iam/testPermissions?${PERMISSIONS}`;
  const { permissions } = await askGoogle(site, 'storage', path, Granted, { token: await key.accessToken() });
  return NEEDED.filter((permission) => !permissions.includes(permission));
}

const PERMISSIONS = new URLSearchParams(NEEDED.map((permission) => ['permissions', permission])).toString();

async function lookAtBackups(site: Site, name: string): Promise<Finding> {
  const bucket = await read(site, name);
  const isKept = isDeepStrictEqual(plain(bucket.lifecycle), plain(BACKUP_LIFE_CYCLE));
  return findingOf(
    site,
    name,
    bucket,
    isKept ? [] : ['its life-cycle is not the declared one: backups are kept too long or not long enough'],
  );
}

function read(site: Site, name: string): Promise<Bucket> {
  return askGoogle(site, 'storage', `/storage/v1/b/${name}`, Bucket);
}

function findingOf(site: Site, name: string, { location, iamConfiguration }: Bucket, more: string[]): Finding {
  const region = site.region.toUpperCase();
  const faults = [
    ...(location.toUpperCase() === region ? [] : [`it is in ${location}, the functions in ${region}`]),
    ...(iamConfiguration.publicAccessPrevention === 'enforced' ? [] : ['public access is not prevented']),
    ...more,
  ];
  if (faults.length === 0) return sound(`${name}: ${region}, not public, settings as declared`);
  return broken(
    faults.map((fault) => `${name}: ${fault}`),
    {
      en: 'npm run deploy sets all of these but the region, which a bucket has for ever: make a new one, and have npm run media -- sync fill it.',
      ko: 'npm run deploy 가 설정합니다. 리전은 바꿀 수 없으니 새 버킷을 만드세요.',
    },
  );
}

/** As JSON gives it, whoever has parsed it. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}
