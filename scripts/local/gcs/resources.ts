/** Objects and buckets as the JSON API shows them. @see https://cloud.google.com/storage/docs/json_api/v1/objects#resource */
import type { StoredBucket, StoredObject } from '../objectStore/storedObject.ts';

export function objectResource(object: StoredObject, origin: string): object {
  const { bucket, name, generation, metageneration, createdAt, updatedAt, editable } = object;
  const path = `storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`;
  return {
    kind: 'storage#object',
    id: `${bucket}/${name}/${generation}`,
    selfLink: `${origin}/${path}`,
    mediaLink: `${origin}/download/${path}?generation=${generation}&alt=media`,
    name,
    bucket,
    generation: String(generation),
    metageneration: String(metageneration),
    storageClass: 'STANDARD',
    size: String(object.bytes),
    md5Hash: object.md5Hash,
    crc32c: object.crc32c,
    etag: etagOf(object),
    timeCreated: createdAt,
    updated: updatedAt,
    timeStorageClassUpdated: createdAt,
    timeFinalized: createdAt,
    ...editable,
  };
}

export function bucketResource(bucket: StoredBucket, origin: string): object {
  const { name, metageneration, createdAt, updatedAt, cors, settings } = bucket;
  return {
    kind: 'storage#bucket',
    id: name,
    selfLink: `${origin}/storage/v1/b/${name}`,
    projectNumber: '0',
    name,
    location: 'US',
    locationType: 'multi-region',
    storageClass: 'STANDARD',
    metageneration: String(metageneration),
    etag: Buffer.from(String(metageneration)).toString('base64'),
    timeCreated: createdAt,
    updated: updatedAt,
    iamConfiguration: { uniformBucketLevelAccess: { enabled: true }, publicAccessPrevention: 'enforced' },
    ...settings,
    ...(cors.length > 0 ? { cors } : {}),
  };
}

/** Changes with the content and with the metadata. */
export function etagOf({ generation, metageneration }: StoredObject): string {
  return Buffer.from(`${generation}/${metageneration}`).toString('base64');
}
