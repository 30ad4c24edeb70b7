import { createHash, createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { type FileKind, fileIdOf } from '#shared/files';
import { mono11k, musicMetadataDurationMs, stereo44k } from '../shared/songs/mp3Files.ts';
import { type ImportTarget, openImportTarget } from './importHarness.ts';

const MINA = {
  id: 'u1',
  email: 'Mina@sori.example',
  displayName: '미나',
  locale: 'ko',
  role: 'admin',
  password: 'a password of hers',
  createdAt: '2024-03-01T09:00:00+09:00',
};
const JO = { id: 'u2', email: 'jo@sori.example', displayName: 'Jo', locale: 'en', createdAt: '2024-03-02T00:00:00Z' };
const RAIN = {
  id: 's1',
  ownerId: 'u1',
  title: '비 오는 밤',
  style: 'ballad',
  lyrics: '첫 줄\n둘째 줄',
  visibility: 'public',
  audio: 'sound/rain.mp3',
  cover: 'rain.png',
  likes: 12,
  plays: 340,
  createdAt: '2024-04-01T00:00:00Z',
  updatedAt: '2024-04-02T00:00:00Z',
};
const BARE = { id: 's2', ownerId: 'u2', title: 'Bare', audio: 'bare.mp3', createdAt: '2024-04-03T00:00:00Z' };
const TREE = { id: 'i1', ownerId: 'u2', title: 'Tree', file: 'tree.jpg', createdAt: '2024-05-01T00:00:00Z' };

const former = { source: 'former', users: [MINA, JO], songs: [RAIN, BARE], images: [TREE] };

function plainPicture(width: number, height: number) {
  return sharp({ create: { width, height, channels: 3, background: '#336699' } });
}

async function formerFiles(): Promise<Record<string, Buffer>> {
  return {
    'sound/rain.mp3': stereo44k,
    'bare.mp3': mono11k,
    'rain.png': await plainPicture(40, 30).png().toBuffer(),
    'tree.jpg': await plainPicture(300, 200)
      .withExif({ IFD0: { Copyright: 'secret place' } })
      .jpeg()
      .toBuffer(),
  };
}

let target: ImportTarget;
let files: Record<string, Buffer>;

beforeAll(async () => {
  [target, files] = await Promise.all([openImportTarget(), formerFiles()]);
});

afterAll(() => target.close());

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

interface Stored {
  storeId: string;
  name: string | undefined;
  bytes: number;
}

/** What the journal of copies knows of an object that is everywhere it belongs. */
function fileOf(kind: FileKind, { storeId, ...object }: Stored, of: { ownerId: string; belongsTo: string; createdAt: string }) {
  const fileId = fileIdOf(kind, of.belongsTo);
  const objects = [{ ...object, storeIds: [storeId] }];
  return { [`files/${fileId}`]: { fileId, kind, ...of, bytes: object.bytes, objects, state: 'kept', repairs: 0, tries: 0, dueAt: null } };
}

describe('an import', () => {
  it('that is a dry run tells what it would do and writes nothing', async () => {
    const { status, said } = await target.run(await target.describe(former, files), '--dry-run');
    expect({ status, said: said.split('\n') }).toEqual({
      status: 0,
      said: [
        'users  2 to bring in, 0 there already, 0 deleted here since, 0 at fault',
        'songs  2 to bring in, 0 there already, 0 deleted here since, 0 at fault',
        'images 1 to bring in, 0 there already, 0 deleted here since, 0 at fault',
        'A dry run: nothing was written.',
        '',
      ],
    });
    expect(await target.state()).toEqual({ documents: {}, accounts: [], objects: {} });
  });

  it('brings users, songs and pictures in, with all that belongs to them', async () => {
    const { status, faults } = await target.run(await target.describe(former, files));
    expect({ status, faults }).toEqual({ status: 0, faults: [] });
    const { documents, accounts, objects } = await target.state();

    const [mina, jo] = ['mina@sori.example', 'jo@sori.example'].map((email) => accounts.find((account) => account['email'] === email)!);
    expect(mina).toMatchObject({ displayName: '미나', disabled: false, emailVerified: false, hasPassword: true });
    expect(jo).toMatchObject({ displayName: 'Jo', disabled: false, emailVerified: false, hasPassword: false });
    const [minaId, joId] = [String(mina!['uid']), String(jo!['uid'])];

    const idOf = (title: string) =>
      Object.keys(documents)
        .find((path) => documents[path]!['title'] === title)!
        .split('/')[1]!;
    const [rainId, bareId, treeId] = [idOf('비 오는 밤'), idOf('Bare'), idOf('Tree')];
    expect([minaId, joId, rainId, bareId, treeId].map((id) => id.replace(/[0-9a-hjkmnp-tv-z]{20}$/, '*'))).toEqual([
      ...['usr_*', 'usr_*', 'sng_*', 'sng_*', 'img_*'],
    ]);
    const objectOf = (prefix: string) => {
      const [name] = Object.keys(objects).filter((each) => each.startsWith(prefix));
      const [bytes, , contentType] = objects[name!]!.split(' ');
      return { storeId: 'gcs:sori-media', name, bytes: Number(bytes), sha256: name!.split(/[/.]/)[2], contentType };
    };
    const [rain, rainCover] = [objectOf(`songs/${rainId}/`), objectOf(`covers/${rainId}/`)];
    const [bare, bareCover] = [objectOf(`songs/${bareId}/`), objectOf(`covers/${bareId}/`)];
    const tree = objectOf(`images/${treeId}/`);

    expect(documents).toEqual({
      [`users/${minaId}`]: {
        ...{ uid: minaId, email: 'mina@sori.example', displayName: '미나', locale: 'ko', role: 'admin' },
        createdAt: '2024-03-01T00:00:00.000Z',
      },
      [`userPrivate/${minaId}`]: { role: 'admin', disabled: false, validAfterAt: '1970-01-01T00:00:00.000Z' },
      [`users/${joId}`]: {
        ...{ uid: joId, email: 'jo@sori.example', displayName: 'Jo', locale: 'en', role: 'user' },
        createdAt: '2024-03-02T00:00:00.000Z',
      },
      [`userPrivate/${joId}`]: { role: 'user', disabled: false, validAfterAt: '1970-01-01T00:00:00.000Z' },
      [`songs/${rainId}`]: {
        ...{ songId: rainId, generationId: null, ownerId: minaId, ownerName: '미나', title: '비 오는 밤', style: 'ballad' },
        ...{ lyrics: '첫 줄\n둘째 줄', instrumental: false, visibility: 'public', state: 'ready' },
        ...{
          durationMs: Math.round(await musicMetadataDurationMs(stereo44k)),
          audio: { contentType: 'audio/mpeg', bytes: stereo44k.length },
        },
        ...{ hasCover: true, likes: 12, plays: 340, createdAt: '2024-04-01T00:00:00.000Z', updatedAt: '2024-04-02T00:00:00.000Z' },
      },
      [`songMedia/${rainId}`]: { ownerId: minaId, audio: rain, cover: rainCover },
      [`songSearch/${rainId}`]: {
        ...{ ownerId: minaId, isListed: true, likes: 12, createdAt: '2024-04-01T00:00:00.000Z' },
        tokens: expect.arrayContaining(['비', '오는', '미나', 'BALLAD']),
      },
      [`songs/${bareId}`]: {
        ...{ songId: bareId, generationId: null, ownerId: joId, ownerName: 'Jo', title: 'Bare', style: '' },
        ...{ lyrics: null, instrumental: false, visibility: 'private', state: 'ready' },
        ...{ durationMs: Math.round(await musicMetadataDurationMs(mono11k)), audio: { contentType: 'audio/mpeg', bytes: mono11k.length } },
        ...{ hasCover: true, likes: 0, plays: 0, createdAt: '2024-04-03T00:00:00.000Z', updatedAt: '2024-04-03T00:00:00.000Z' },
      },
      [`songMedia/${bareId}`]: { ownerId: joId, audio: bare, cover: bareCover },
      [`songSearch/${bareId}`]: {
        ...{ ownerId: joId, isListed: false, likes: 0, createdAt: '2024-04-03T00:00:00.000Z' },
        tokens: ['B', 'BA', 'BAR', 'BARE', 'J', 'JO'],
      },
      [`images/${treeId}`]: {
        ...{ imageId: treeId, ownerId: joId, title: 'Tree', contentType: 'image/jpeg', bytes: tree.bytes },
        ...{ widthPx: 300, heightPx: 200, state: 'ready', createdAt: '2024-05-01T00:00:00.000Z' },
      },
      [`imageMedia/${treeId}`]: { ownerId: joId, original: tree, large: tree, thumb: tree }, // small as it is, it has every size
      ...fileOf('audio', rain, { ownerId: minaId, belongsTo: rainId, createdAt: '2024-04-01T00:00:00.000Z' }),
      ...fileOf('cover', rainCover, { ownerId: minaId, belongsTo: rainId, createdAt: '2024-04-01T00:00:00.000Z' }),
      ...fileOf('audio', bare, { ownerId: joId, belongsTo: bareId, createdAt: '2024-04-03T00:00:00.000Z' }),
      ...fileOf('cover', bareCover, { ownerId: joId, belongsTo: bareId, createdAt: '2024-04-03T00:00:00.000Z' }),
      ...fileOf('image', tree, { ownerId: joId, belongsTo: treeId, createdAt: '2024-05-01T00:00:00.000Z' }),
      ...Object.fromEntries([minaId, joId, rainId, bareId, treeId].map((id) => [`imports/${id}`, { source: 'former' }])),
    });
    expect(Object.keys(objects).sort()).toEqual([rain, rainCover, bare, bareCover, tree].map(({ name }) => name).sort());
    expect([rain.sha256, bare.sha256]).toEqual([sha256(stereo44k), sha256(mono11k)]);

    const stored = async (name: string | undefined) => (await target.bucket.file(name!).download())[0];
    expect(sha256(await stored(rain.name))).toBe(rain.sha256);
    expect((await sharp(await stored(rainCover.name)).metadata()).width).toBe(40);
    expect((await sharp(await stored(bareCover.name)).metadata()).width).toBe(1024);
    expect((await stored(tree.name)).includes('secret place')).toBe(false);
  });

  it('lets a user sign in with the password of the description', async () => {
    const { users } = await target.auth.listUsers();
    expect(users.find(({ email }) => email === 'mina@sori.example')?.passwordHash).toMatch(/^fakeHash:.*:password=a password of hers$/);
  });

  it('changes nothing when it is repeated, even after people have changed their things here', async () => {
    const [song] = (await target.db.collection('songs').where('title', '==', 'Bare').get()).docs;
    await song!.ref.update({ title: 'Bare, renamed here', likes: 7 });
    const before = await target.state();
    const { status, faults, said } = await target.run(await target.describe(former, files));
    expect({ status, faults, said: said.split('\n') }).toEqual({
      ...{ status: 0, faults: [] },
      said: [
        'users  0 brought in, 2 there already, 0 deleted here since, 0 at fault',
        'songs  0 brought in, 2 there already, 0 deleted here since, 0 at fault',
        'images 0 brought in, 1 there already, 0 deleted here since, 0 at fault',
        '',
      ],
    });
    expect(await target.state()).toEqual(before);
  });

  it('brings back neither a song that was deleted here nor an account that was, with what belonged to it', async () => {
    const [song] = (await target.db.collection('songs').where('title', '==', '비 오는 밤').get()).docs;
    await song!.ref.delete();
    const { uid } = await target.auth.getUserByEmail('jo@sori.example');
    const tombstone = createHmac('sha256', target.jwtSecret).update(`tombstone:${uid}`).digest('hex');
    await Promise.all([target.auth.deleteUser(uid), target.db.doc(`users/${uid}`).delete(), target.db.doc(`userPrivate/${uid}`).delete()]);
    await target.db.doc(`tombstones/${tombstone}`).set({});
    const later = { ...former, songs: [RAIN, { ...BARE, id: 's3' }] };
    // Once as it is, once as if the first import had been under another database: then the tombstone alone must tell.
    for (const mark of [undefined, target.db.doc(`imports/${uid}`)]) {
      await mark?.delete();
      const before = await target.state();
      const { status, said } = await target.run(await target.describe(later, files));
      expect({ status, said }).toMatchObject({
        status: 0,
        said: expect.stringContaining('1 there already, 1 deleted here since, 0 at fault'),
      });
      expect(await target.state()).toEqual(before);
    }
  });
});
