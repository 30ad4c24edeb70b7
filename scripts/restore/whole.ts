import { listObjects, type Manifest } from '#shared/backups';

const NAMED_COUNT = 10;

/** Everything that is to be brought back is in the bucket, in its size. @throws naming what is missing, before anything is written */
export async function requireWhole(manifest: Manifest): Promise<void> {
  const { backupId, objects, accountPages, exportPlace } = manifest;
  const found = new Map((await listObjects(`backups/${backupId}/`)).map(({ name, bytes }) => [name, bytes]));
  const faults = [...objects, ...accountPages].flatMap(({ name, bytes }) => {
    const there = found.get(name);
    return there === bytes ? [] : [`${name}: ${there === undefined ? 'missing' : `${there} bytes instead of ${bytes}`}`];
  });
  if (!objects.some(({ name }) => name.startsWith(`${exportPlace}/`))) faults.push(`${exportPlace}/: no object of the export`);
  const named = [...new Set(faults)];
  if (named.length === 0) return;
  const more = named.length > NAMED_COUNT ? [`and ${named.length - NAMED_COUNT} more`] : [];
  const list = [...named.slice(0, NAMED_COUNT), ...more].map((fault) => `  ${fault}`).join('\n');
  throw new Error(`Backup ${backupId} is not whole; nothing was changed. Take another · 백업이 온전하지 않습니다:\n${list}`);
}
