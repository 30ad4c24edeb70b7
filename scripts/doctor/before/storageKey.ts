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
import { broken, type Check, type Finding, sound, together } from '../check.ts';

export const storageKeyCheck: Check = {
  name: 'storageKey',
  list: 'before',
  summary: { en: 'the storage key can be read, Google takes it, and it opens the buckets', ko: '저장소 키와 버킷 읽기' },
  async look({ progress }) {
    const key = storageKey();
    if (!key) return sound(NO_KEY);
    progress('reading the key');
    const diagnosis = await key.diagnose();
    const where = `Key · 키: ${key.place}`;
    if (!diagnosis.isSound) return faultFinding(diagnosis.fault, [where, ...repairLines(diagnosis)]);
    const taken = sound(where, 'Google takes it · Google이 키를 인정합니다', ...repairLines(diagnosis));
    const buckets: Finding[] = [];
    for (const store of mediaStores().filter(({ kind }) => kind === 'gcs')) {
      progress(`reading ${store.id}`);
      buckets.push(await lookAt(store, diagnosis.key.projectId));
    }
    return together([taken, ...buckets]);
  },
};

const NO_KEY =
  'No key is given (GCS_KEY_SECRET, GCS_KEY_FILE): the functions use their own account · 지정된 키 없음: 함수 계정을 사용합니다';

/** Asks for an object that is not there: that needs the right to read, and changes nothing. */
async function lookAt(store: MediaStore, keyProjectId: string | undefined): Promise<Finding> {
  try {
    await store.find('doctor/nothing');
    return sound(`${store.id}: can be read · 읽을 수 있습니다`);
  } catch (error) {
    if (!(error instanceof MediaFault) || !error.keyFault) return broken(`${store.id}: ${(error as Error).message}`, NOT_THERE);
    const { GOOGLE_CLOUD_PROJECT: project } = config();
    const isOthers = error.keyFault.code === 'no_permission' && keyProjectId !== project;
    const more = isOthers ? [tellFault({ code: 'other_project', facts: { project } })] : [];
    return faultFinding(error.keyFault, [`${store.id}:`], more);
  }
}

const NOT_THERE = {
  en: 'Is there a bucket of this name (MEDIA_STORES), and does Cloud Storage answer?',
  ko: 'MEDIA_STORES의 버킷이 있는지, Cloud Storage가 응답하는지 확인하세요.',
};

function faultFinding(fault: KeyFault, before: string[], after: string[] = []): Finding {
  return broken([...before, tellFault(fault), ...after], explainKeyFault(fault).next);
}

function tellFault(fault: KeyFault): string {
  const { what } = explainKeyFault(fault);
  return `${fault.code}: ${what.en} · ${what.ko}`;
}

function repairLines({ repairs }: KeyDiagnosis): string[] {
  return repairs.map((repair) => {
    const { en, ko } = explainKeyRepair(repair);
    return `Set right while reading: ${en} · 읽으면서 고침: ${ko}`;
  });
}
