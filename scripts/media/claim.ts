import { claimStore, OWNER_MARK, ownDatabase, readOwner } from '#shared/files';
import { checkStores, MediaFault, type MediaStore, mediaStores } from '#shared/media';
import { unknownObjects } from '#shared/operations';
import { systemWorld } from '#shared/runtime';
import { count, type MediaFinding } from './finding.ts';

/** Marks every store as this database's own that bears no mark, whatever stands in it: whoever types it has looked. Safe to repeat. */
export async function claimStores(): Promise<MediaFinding> {
  checkStores({ isMadeBefore: true });
  const findings: MediaFinding[] = [];
  for (const store of mediaStores()) findings.push(await claim(store));
  return { isSound: findings.every(({ isSound }) => isSound), lines: findings.flatMap(({ lines }) => lines) };
}

async function claim(store: MediaStore): Promise<MediaFinding> {
  try {
    const isMarked = (await readOwner(store)) !== undefined;
    const unknown = isMarked ? [] : await unknownObjects(store, { world: systemWorld, spent: { reads: 0, writes: 0 } });
    const owner = await claimStore(store, systemWorld.newId);
    if (owner !== ownDatabase()) return refused(store, owner);
    const how = isMarked ? 'belonged to it before · 이미 이 데이터베이스의 것입니다' : 'is marked now · 표시했습니다';
    return { isSound: true, lines: [`${store.id}: ${how}: ${owner}`, ...warningOf(unknown)] };
  } catch (error) {
    if (!(error instanceof MediaFault)) throw error;
    return { isSound: false, lines: [`${store.id}: NOT CLAIMED · 표시하지 못함: ${error.message}`] };
  }
}

function refused({ id }: MediaStore, owner: string): MediaFinding {
  const next = `  What next: if it is to change hands, delete the object ${OWNER_MARK} in it first, and type this again.`;
  return { isSound: false, lines: [`${id}: BELONGS TO ANOTHER DATABASE · 다른 데이터베이스 소유: ${owner}`, next] };
}

function warningOf([first, ...more]: string[]): string[] {
  if (first === undefined) return [];
  const what = more.length > 0 ? `${first} and ${count(more.length, 'other')}` : first;
  return [
    `  No document here names ${what} · 문서에 없는 파일`,
    `  sweepStorage removes such objects once they are a day old, 100 a run. Until then: delete the object ${OWNER_MARK}, if this was a mistake.`,
  ];
}
