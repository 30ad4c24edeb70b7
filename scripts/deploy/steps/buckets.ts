/** The buckets: for sound and pictures, with CORS for the pages of `ALLOWED_ORIGINS`, and for backups, which end by themselves. */
import { z } from 'zod';
import { BACKUP_LIFE_CYCLE } from '#shared/backups';
import { bucketCors } from '../../local/bucketCors.ts';
import { ACCOUNTS, type AccountName, emailOf } from '../accounts.ts';
import type { Asked, Google } from '../google.ts';
import { holds } from '../holds.ts';
import type { Deployment, Step } from '../step.ts';

interface Wanted {
  name: string;
  kind: 'media' | 'backup';
  settings: Record<string, unknown>;
}

/** Public access is prevented for good: what people may hear they get by signed address. */
const PRIVATE = { iamConfiguration: { uniformBucketLevelAccess: { enabled: true }, publicAccessPrevention: 'enforced' } };
/** Uploads of pictures that nobody finished. */
const MEDIA_LIFE_CYCLE = { rule: [{ action: { type: 'AbortIncompleteMultipartUpload' }, condition: { age: 1 } }] };

export const buckets: Step = {
  name: 'buckets',
  title: { en: 'buckets', ko: '버킷' },
  async plan(deployment) {
    const lines = await Promise.all(
      wantedBuckets(deployment).map(async (wanted) => {
        const found = await find(wanted, deployment);
        if (!found) return [`makes ${wanted.name}`];
        const changed = differences(wanted, found);
        return changed.length > 0 ? [`changes ${changed.join(', ')} of ${wanted.name}`] : [];
      }),
    );
    return lines.flat();
  },
  async run(deployment) {
    const done: string[] = [];
    for (const wanted of wantedBuckets(deployment)) {
      const found = await find(wanted, deployment);
      const { projectId: project, region: location } = deployment.target;
      const changed = found ? differences(wanted, found) : [];
      if (!found)
        await storage(deployment, '/storage/v1/b', {
          method: 'POST',
          query: { project },
          body: { name: wanted.name, location, ...wanted.settings },
        });
      else if (changed.length > 0) await storage(deployment, `/storage/v1/b/${wanted.name}`, { method: 'PATCH', body: wanted.settings });
      await openTo(wanted, deployment);
      done.push(`${wanted.name}: ${found ? (changed.length > 0 ? `changed ${changed.join(', ')}` : 'as it is to be') : 'made'}`);
    }
    return done;
  },
};

function wantedBuckets({ target: { settings } }: Deployment): Wanted[] {
  const origins = (settings['ALLOWED_ORIGINS'] ?? '').split(',').filter(Boolean);
  const media = (settings['MEDIA_STORES'] ?? '').split(',').filter((store) => store.startsWith('gcs:'));
  return [
    ...media.map((store) => ({
      name: store.slice('gcs:'.length),
      kind: 'media' as const,
      settings: { ...PRIVATE, cors: bucketCors(origins), lifecycle: MEDIA_LIFE_CYCLE },
    })),
    { name: settings['BACKUP_BUCKET'] ?? '', kind: 'backup', settings: { ...PRIVATE, lifecycle: BACKUP_LIFE_CYCLE } },
  ];
}

type Bucket = Record<string, unknown>;

function find({ name }: Wanted, deployment: Deployment): Promise<Bucket | undefined> {
  return googleOf(deployment).find('storage.googleapis.com', `/storage/v1/b/${name}`, z.record(z.string(), z.unknown()));
}

function storage(deployment: Deployment, path: string, asked: Asked): Promise<unknown> {
  return googleOf(deployment).ask('storage.googleapis.com', path, z.unknown(), asked);
}

/** Cloud Storage has an address of its own in a rehearsal: the strict one that the functions use. */
function googleOf({ target }: Deployment): Google {
  return target.google.at(() => target.storageUrl);
}

function differences({ settings }: Wanted, found: Bucket): string[] {
  return Object.keys(settings).filter((name) => !holds(found[name], settings[name]));
}

const Policy = z.looseObject({ bindings: z.array(z.looseObject({ role: z.string(), members: z.array(z.string()) })).default([]) });

/** The local storage has members of its own and knows no policies: there the accounts of the functions do not exist. */
async function openTo({ name, kind }: Wanted, deployment: Deployment): Promise<void> {
  const { projectId, rehearsal } = deployment.target;
  if (rehearsal) return;
  const path = `/storage/v1/b/${name}/iam`;
  const google = googleOf(deployment);
  const policy = await google.ask('storage.googleapis.com', path, Policy);
  for (const account of Object.keys(ACCOUNTS) as AccountName[]) {
    const role = ACCOUNTS[account].buckets[kind];
    if (!role) continue;
    const member = `serviceAccount:${emailOf(account, projectId)}`;
    const binding = policy.bindings.find((found) => found.role === role);
    if (binding) binding.members = [...new Set([...binding.members, member])];
    else policy.bindings.push({ role, members: [member] });
  }
  await google.ask('storage.googleapis.com', path, z.unknown(), { method: 'PUT', body: policy });
}
