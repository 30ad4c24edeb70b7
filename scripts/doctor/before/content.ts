import { findCopy } from '#shared/files';
import { mediaStore } from '#shared/media';
import { database, inParallel } from '#shared/runtime';
import { Song, SongMedia } from '#shared/songs';
import { broken, type Check, sound } from '../check.ts';

/** The newest: what has just been imported or made, and what people open first. */
const LOOKED_AT = 20;
const AT_ONCE = 5;

export const content: Check = {
  name: 'content',
  list: 'before',
  summary: { en: 'the songs and pictures that are there can be read, and their sound is in the storage', ko: '기존 노래와 그림' },
  async look({ progress }) {
    const db = await database();
    const [songs, images] = await Promise.all(['songs', 'images'].map((name) => db.collection(name).count().get()));
    const counted = `${songs?.data().count ?? 0} songs, ${images?.data().count ?? 0} pictures`;
    const newest = await db.collection('songs').orderBy('createdAt', 'desc').limit(LOOKED_AT).get();
    const ready = newest.docs.filter((document) => document.get('state') === Song.shape.state.enum.ready);
    const lacking: string[] = [];
    await inParallel(ready, AT_ONCE, async ({ id }) => {
      progress(`songs/${id}`);
      const fault = await faultOf(id);
      if (fault) lacking.push(`songs/${id}: ${fault}`);
    });
    if (lacking.length === 0) return sound(`${counted}; the sound of the newest ${ready.length} is in the storage`);
    return broken([counted, ...lacking], {
      en: 'npm run media -- verify looks at every copy and has bad ones repaired; what no store has comes from a backup or an import.',
      ko: 'npm run media -- verify 로 모든 사본을 확인하고 복구하세요.',
    });
  },
};

async function faultOf(songId: string): Promise<string | undefined> {
  const document = await (await database()).doc(`songMedia/${songId}`).get();
  const audio = SongMedia.safeParse(document.data()).data?.audio;
  if (!audio) return 'it is ready, and nothing says where its sound is';
  const state = await findCopy(mediaStore(), audio);
  return state === 'good' ? undefined : `its sound is ${state}`;
}
