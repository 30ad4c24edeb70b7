import { symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mono11k } from '../shared/songs/mp3Files.ts';
import { type ImportTarget, openImportTarget } from './importHarness.ts';

const user = (id: string, more: object = {}) => ({
  id,
  email: `${id}@sori.example`,
  displayName: id,
  createdAt: '2024-01-01T00:00:00Z',
  ...more,
});
const song = (id: string, more: object = {}) => ({
  ...{ id, ownerId: 'good', title: `Song ${id}`, audio: 'good.mp3', createdAt: '2024-02-01T00:00:00Z' },
  ...more,
});
const image = (id: string, more: object = {}) => ({ id, ownerId: 'good', title: `Picture ${id}`, file: 'good.mp3', ...more });

let target: ImportTarget;

beforeAll(async () => {
  target = await openImportTarget();
});

afterAll(() => target.close());

describe('a fault in a description', () => {
  it('has a line that says where, what and what to do, and everything else is brought in', async () => {
    const html = Buffer.from('<html><body>Your file is being prepared</body></html>'.repeat(400));
    const file = await target.describe(
      {
        source: 'former',
        users: [
          user('good'),
          user('bad', { email: 'not an address' }),
          user('good', { email: 'again@sori.example' }),
          user('twin', { email: 'good@sori.example' }),
          user('hashed', { passwordHash: 'AAAA' }),
          user('x', { nickname: 'x' }),
        ],
        songs: [
          song('one'),
          song('missing', { audio: 'missing.mp3' }),
          song('html', { audio: 'html.mp3' }),
          song('stranger', { ownerId: 'nobody' }),
          song('one'),
          song('long', { title: 'x'.repeat(81) }),
          song('ofBad', { ownerId: 'bad' }),
          song('ofHashed', { ownerId: 'hashed' }),
          song('ofTwin', { ownerId: 'twin' }),
          song('outside', { audio: '../former.json' }),
          song('linked', { audio: 'linked.mp3' }),
          song('cover', { cover: 'html.mp3' }),
          'no entry at all',
          song('two'),
        ],
        images: [image('noPicture')],
      },
      { 'good.mp3': mono11k, 'html.mp3': html, '../former.json': Buffer.from('{}') },
    );
    await symlink('/etc/hostname', join(dirname(file), 'linked.mp3'));
    const { status, faults, said } = await target.run(file);
    const correct = 'Correct it in the description.';
    const outside = 'audio: leads out of the folder of the description. Put the file into that folder, and name it from there.';
    const ownerFirst = 'ownerId: its owner was not brought in. Correct that user first, then run the import again.';
    expect(faults).toEqual([
      `users[1] (id bad) email: is not an e-mail address. ${correct}`,
      'users[2] (id good) id: is that of users[0] too. Give each entry an id of its own, or take one out.',
      'users[3] (id twin) email: is that of users[0] too. Keep one of the two, and give it what belongs to both.',
      'users[4] (id hashed) passwordHash: nothing tells how it was made. Add passwordHashing to the description.',
      `users[5] (id x) entry: Unrecognized key: "nickname". ${correct}`,
      'songs[1] (id missing) audio: there is no file missing.mp3. Put it beside the description, or correct the path.',
      'songs[2] (id html) audio: is not an MP3 that can be played: no two consecutive MP3 frames. Give the MP3 itself.',
      'songs[3] (id stranger) ownerId: names no user of this description. Add the user, or correct the id.',
      'songs[4] (id one) id: is that of songs[0] too. Give each entry an id of its own, or take one out.',
      `songs[5] (id long) title: has more than 80 characters. ${correct}`,
      `songs[6] (id ofBad) ${ownerFirst}`,
      `songs[7] (id ofHashed) ${ownerFirst}`,
      `songs[8] (id ofTwin) ${ownerFirst}`,
      `songs[9] (id outside) ${outside}`,
      `songs[10] (id linked) ${outside}`,
      'songs[11] (id cover) cover: cannot be used: not a JPEG, PNG or WebP picture. Give a JPEG, PNG or WebP picture, or none: then one is drawn.',
      `songs[12] entry: Invalid input: expected object, received string. ${correct}`,
      'images[0] (id noPicture) file: cannot be used: not a JPEG, PNG or WebP picture. Give a JPEG, PNG or WebP picture of at most 25 million pixels, fewer with transparency or 16 bits.',
    ]);
    expect({ status, said: said.split('\n') }).toEqual({
      status: 1,
      said: [
        'users  1 brought in, 0 there already, 0 deleted here since, 5 at fault',
        'songs  2 brought in, 0 there already, 0 deleted here since, 12 at fault',
        'images 0 brought in, 0 there already, 0 deleted here since, 1 at fault',
        '',
      ],
    });
    const { documents, accounts, objects } = await target.state();
    expect(accounts.map(({ email }) => email)).toEqual(['good@sori.example']);
    const titles = Object.values(documents).flatMap(({ title }) => title ?? []);
    expect(titles.sort()).toEqual(['Song one', 'Song two']);
    // Of what was at fault nothing is left in the storage either.
    expect(Object.keys(objects).map((name) => name.split('/')[0])).toEqual(['covers', 'covers', 'songs', 'songs']);
  });

  it.each([
    ['{ "source": ', 'is not JSON.'],
    [{ users: [] }, 'source: Invalid input: expected string, received undefined'],
    [{ source: 'former', playlists: [] }, 'the whole: Unrecognized key: "playlists"'],
  ])('as a whole (%j) is told, and nothing is brought in', async (description, fault) => {
    const before = await target.state();
    const { status, said } = await target.run(await target.describe(description));
    expect({ status, said }).toEqual({ status: 1, said: expect.stringContaining(fault) });
    expect(await target.state()).toEqual(before);
  });

  it('that is a missing file is told by its name', async () => {
    expect(await target.run('nowhere.json')).toEqual({ status: 1, faults: [], said: 'nowhere.json cannot be read: ENOENT' });
  });
});

describe('accounts', () => {
  it('that exist with the same e-mail are taken over, keep what they are, and are given no role', async () => {
    const { uid } = await target.auth.createUser({ email: 'here@sori.example', displayName: 'Was here' });
    const description = {
      source: 'former',
      users: [user('here', { role: 'admin', displayName: 'Former name', password: 'another password' })],
      songs: [{ ...song('ofHere'), ownerId: 'here' }],
    };
    const { status, said } = await target.run(await target.describe(description, { 'good.mp3': mono11k }));
    expect({ status, said }).toEqual({ status: 0, said: expect.stringContaining('users  0 brought in, 1 there already') });
    const { documents, accounts } = await target.state();
    expect(accounts.filter(({ email }) => email === 'here@sori.example')).toEqual([
      expect.objectContaining({ uid, displayName: 'Was here', hasPassword: false }),
    ]);
    expect(documents[`userPrivate/${uid}`]).toMatchObject({ role: 'user' });
    const [brought] = Object.values(documents).filter(({ title }) => title === 'Song ofHere');
    expect(brought).toMatchObject({ ownerId: uid, ownerName: documents[`users/${uid}`]!['displayName'] });
  });

  it('keep their password hashes, which Auth is given with the way they were made', async () => {
    const description = {
      source: 'former',
      passwordHashing: { algorithm: 'SCRYPT', key: 'a2V5', saltSeparator: 'Bw==', rounds: 8, memoryCost: 14 },
      users: [user('old', { passwordHash: 'aGFzaA==', passwordSalt: 'c2FsdA==', emailVerified: true, disabled: true })],
    };
    expect(await target.run(await target.describe(description))).toMatchObject({ status: 0, faults: [] });
    const account = await target.auth.getUserByEmail('old@sori.example');
    const listed = (await target.auth.listUsers()).users.find(({ uid }) => uid === account.uid);
    expect({ hash: listed?.passwordHash, salt: listed?.passwordSalt }).toEqual({ hash: 'aGFzaA==', salt: 'c2FsdA==' });
    expect(account).toMatchObject({ emailVerified: true, disabled: true });
    expect(Date.parse(account.metadata.creationTime)).toBe(Date.parse('2024-01-01T00:00:00Z'));
    expect((await target.db.doc(`userPrivate/${account.uid}`).get()).data()).toMatchObject({ disabled: true });
  });
});
