import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeCursor } from '#shared/runtime';
import { exportAccount } from '../../../functions/accounts/exportAccount.ts';
import { getProfile } from '../../../functions/accounts/getProfile.ts';
import { createPlaylist } from '../../../functions/playlists/createPlaylist.ts';
import { likeSong } from '../../../functions/songs/likeSong.ts';
import { alteredToken, type Person, signUpPerson } from '../../support/callers.ts';
import { given, SOUND } from '../../support/given.ts';
import { type Service, startService } from '../../support/service.ts';

let service: Service;

beforeAll(async () => {
  service = await startService({ settings: { TRUSTED_PROXY_HOPS: '1' } });
});

afterAll(() => service.close());

async function pagesOf({ token }: Person, limit?: number) {
  const pages = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const input = { ...(limit === undefined ? {} : { limit }), ...(cursor ? { cursor } : {}) };
    const { status, body } = await service.call(exportAccount, input, { token });
    expect(status).toBe(200);
    pages.push(body);
    cursor = body.nextCursor;
  }
  return pages;
}

describe('An export', () => {
  it('holds everything of its owner, and nothing of anybody else', async () => {
    const [person, other] = [await signUpPerson(service), await signUpPerson(service)];
    await Promise.all([given.song({ owner: other.uid }), given.image({ owner: other.uid }), given.generation({ owner: other.uid })]);
    const song = await given.song({ owner: person.uid, visibility: 'public' });
    const image = await given.image({ owner: person.uid });
    const generation = await given.generation({ owner: person.uid });
    const { token } = person;
    const { playlist } = (await service.call(createPlaylist, { title: 'Rain', songIds: [song.songId] }, { token })).body;
    await service.call(likeSong, { songId: song.songId, liked: true }, { token });
    const { profile } = (await service.call(getProfile, {}, { token })).body;
    const [page, ...others] = await pagesOf(person);
    const file = { fileId: expect.any(String), bytes: expect.any(Number), createdAt: expect.any(String), url: expect.any(String) };
    const entry = { createdAt: expect.any(String), on: expect.any(String) };
    expect(others).toEqual([]);
    expect(page).toEqual({
      account: { ...profile, signIn: { providers: ['password'], createdAt: expect.any(String), lastSignInAt: expect.any(String) } },
      songs: [{ ...song, likes: 1 }],
      generations: [generation],
      playlists: [playlist],
      likes: [{ songId: song.songId, createdAt: expect.any(String) }],
      images: [image],
      ledger: expect.arrayContaining([
        { ...entry, kind: 'reserve', amount: -1, generationId: generation.generationId },
        { ...entry, kind: 'grant', amount: 10, generationId: '' },
      ]),
      files: expect.arrayContaining([
        { ...file, kind: 'audio', belongsTo: song.songId },
        { ...file, kind: 'cover', belongsTo: song.songId },
        { ...file, kind: 'image', belongsTo: image.imageId },
      ]),
      nextCursor: null,
    });
    expect({ ledger: page!.ledger.length, files: page!.files.length }).toEqual({ ledger: 2, files: 3 });
    expect(JSON.stringify(page)).not.toContain(other.uid);
  });

  it('has links that give the files without a header, for half an hour', async () => {
    const person = await signUpPerson(service);
    await Promise.all([given.song({ owner: person.uid }), given.image({ owner: person.uid })]);
    const [page] = await pagesOf(person);
    for (const { kind, url } of page!.files) {
      const answer = await fetch(url!);
      const bytes = Buffer.from(await answer.arrayBuffer());
      expect({ kind, status: answer.status, bytes: bytes.length > 0 }).toEqual({ kind, status: 200, bytes: true });
      if (kind === 'audio') expect(bytes.equals(SOUND)).toBe(true);
      const { iat, exp } = JSON.parse(Buffer.from(new URL(url!).searchParams.get('ticket')!.split('.')[1]!, 'base64url').toString());
      expect(exp - iat).toBe(30 * 60);
    }
  });

  it('of somebody with more than a page comes in pages, each thing once', async () => {
    const person = await signUpPerson(service);
    const songs = await Promise.all(Array.from({ length: 5 }, () => given.song({ owner: person.uid })));
    await given.image({ owner: person.uid });
    const pages = await pagesOf(person, 2);
    expect(pages.map(({ songs: { length } }) => length)).toEqual([2, 2, 1, 0, 0, 0]); // eleven files take the longest
    const ids = pages.flatMap((page) => page.songs.map(({ songId }) => songId));
    expect(ids.toSorted()).toEqual(songs.map(({ songId }) => songId).toSorted());
    expect(new Set(pages.flatMap(({ files }) => files.map(({ fileId }) => fileId))).size).toBe(11);
    expect(pages.flatMap(({ images }) => images)).toHaveLength(1);
  });

  it.each([
    ['no cursor at all', (_uid: string) => 'nonsense'],
    ['one of another person', () => encodeCursor('export:somebody', [JSON.stringify(Array(7).fill(''))])],
    ['one that holds no positions', (uid: string) => encodeCursor(`export:${uid}`, ['[1,'])],
    ['one with positions of another list', (uid: string) => encodeCursor(`export:${uid}`, [JSON.stringify(Array(7).fill('x'))])],
    [
      'one that goes on in the likes where no document can be',
      (uid: string) => {
        const inside = encodeCursor(`likes:${uid}`, ['2026-03-01T12:00:00.000Z', 'a/b']);
        return encodeCursor(`export:${uid}`, [JSON.stringify([...Array(6).fill(null), inside])]);
      },
    ],
  ])('takes no cursor that it has not given: %s', async (_what, make) => {
    const { uid, token } = await signUpPerson(service);
    const { problem } = await service.call(exportAccount, { cursor: make(uid) }, { token });
    expect(problem).toMatchObject({ status: 400, code: 'invalid_input', issues: [{ path: 'cursor', message: expect.any(String) }] });
  });

  it('is nobody’s without a session', async () => {
    const person = await signUpPerson(service);
    const expired = alteredToken(person, { exp: 1_000_000_000, iat: 999_999_000, auth_time: 999_999_000 });
    expect((await service.call(exportAccount, {}, { token: expired })).status).toBe(401);
  });
});
