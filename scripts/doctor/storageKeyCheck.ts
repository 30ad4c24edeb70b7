import {
  explainKeyFault,
  explainKeyRepair,
  type KeyDiagnosis,
  type KeyFault,
  MediaFault,
  type MediaStore,
  mediaStores,
  storageKey,
} from '#shared/media';
import { config } from '#shared/runtime';
import type { Check, Finding } from './check.ts';

export const storageKeyCheck: Check = {
  name: 'storageKey',
  summary: 'storage: the key can be read, Google takes it, and it opens the buckets',
  run: async ({ progress }) => {
    const key = storageKey();
    if (!key) return { isSound: true, lines: [NO_KEY] };
    progress('reading the key');
    const diagnosis = await key.diagnose();
    const place = `Key · 키: ${key.place}`;
    if (!diagnosis.isSound) return { isSound: false, lines: [place, ...repairLines(diagnosis), ...faultLines(diagnosis.fault)] };
    const buckets: Finding[] = [];
    for (const store of mediaStores().filter(({ kind }) => kind === 'gcs')) {
      progress(`reading ${store.id}`);
      buckets.push(await lookAt(store, diagnosis.key.projectId));
    }
    const lines = [
      place,
      'Google takes it · Google이 키를 인정합니다',
      ...repairLines(diagnosis),
      ...buckets.flatMap((found) => found.lines),
    ];
    return { isSound: buckets.every(({ isSound }) => isSound), lines };
  },
};

const NO_KEY =
  'No key is given (GCS_KEY_SECRET, GCS_KEY_FILE): the functions use their own account · 지정된 키 없음: 함수 계정을 사용합니다';

/** Asks for an object that is not there: that needs the right to read, and changes nothing. */
async function lookAt(store: MediaStore, keyProjectId: string | undefined): Promise<Finding> {
  try {
    await store.find('doctor/nothing');
    return { isSound: true, lines: [`${store.id}: can be read · 읽을 수 있습니다`] };
  } catch (error) {
    if (!(error instanceof MediaFault) || !error.keyFault) return { isSound: false, lines: [`${store.id}: ${(error as Error).message}`] };
    const { GOOGLE_CLOUD_PROJECT: project } = config();
    const isOthers = error.keyFault.code === 'no_permission' && keyProjectId !== project;
    const more = isOthers ? faultLines({ code: 'other_project', facts: { project } }) : [];
    return { isSound: false, lines: [`${store.id}:`, ...faultLines(error.keyFault), ...more] };
  }
}

function faultLines(fault: KeyFault): string[] {
  const { what, next } = explainKeyFault(fault);
  return [`${fault.code}: ${what.en}`, `  ${what.ko}`, `What next: ${next.en}`, `  다음: ${next.ko}`];
}

function repairLines({ repairs }: KeyDiagnosis): string[] {
  return repairs.map((repair) => {
    const { en, ko } = explainKeyRepair(repair);
    return `Set right while reading: ${en} · 읽으면서 고침: ${ko}`;
  });
}
