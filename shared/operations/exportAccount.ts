import { z } from 'zod';
import { authAdmin, issueTicket } from '#shared/access';
import { Profile, readProfile } from '#shared/accounts';
import { FILES, File, FileId, FileRecord } from '#shared/files';
import { Generation, GenerationId } from '#shared/generation';
import { Image, ImageId } from '#shared/images';
import { Playlist, PlaylistId } from '#shared/playlists';
import { decodeCursor, encodeCursor, listNewest, type NewId, notOfThisList, serviceUrl } from '#shared/runtime';
import { Song, SongId } from '#shared/songs';

/** An entry of the credit ledger, as its owner may read it. */
const LedgerEntry = z.object({
  kind: z.string(),
  amount: z.int(),
  generationId: z.string(),
  /** The service's day. */
  on: z.string(),
  createdAt: z.iso.datetime(),
});

/** Of entries and likes, whose ids are put together: all that can name a document, because a made-up cursor may name anything. */
const AnyId = z.string().regex(/^(?!\.\.?$|__.*__$)[^/]{1,200}$/);

const Like = z.object({ songId: z.string(), createdAt: z.iso.datetime() });

const ExportedFile = File.extend({
  /** The song or the picture that it is of. */
  belongsTo: z.string(),
  /** Gives the bytes without a header, for half an hour; null while no store is known to have them. */
  url: z.url().nullable(),
});

const SignIn = z.strictObject({ providers: z.array(z.string()), createdAt: z.iso.datetime(), lastSignInAt: z.iso.datetime().nullable() });

/** Everything of a person that Sori holds: what he gave, what was made of it, what was counted. */
export const AccountExport = z.strictObject({
  account: z.strictObject({ ...Profile.shape, signIn: SignIn }),
  songs: z.array(Song),
  generations: z.array(Generation),
  playlists: z.array(Playlist),
  likes: z.array(Like),
  images: z.array(Image),
  ledger: z.array(LedgerEntry),
  files: z.array(ExportedFile),
  /** There is more: ask again with it, and put the lists together. */
  nextCursor: z.string().nullable(),
});
export type AccountExport = z.output<typeof AccountExport>;

interface Asking {
  uid: string;
  limit: number;
  cursor?: string | undefined;
  now: Date;
  newId: NewId;
}

const LINKS_LIFE_S = 30 * 60;

/** Where each list goes on: '' at its beginning, null when all of it has been given. In the order of the lists. */
const LISTS = 7;
const Positions = z.array(z.string().nullable()).length(LISTS);

/**
 * A page of every list, the newest first: most people have one page in all.
 *
 * Reads `limit` and one documents of each list, and what a profile takes.
 *
 * @throws `invalid_input` for a cursor of another person; `session_ended` when the account has gone meanwhile
 */
export async function exportAccount({ uid, limit, cursor, now, newId }: Asking): Promise<AccountExport> {
  const scope = `export:${uid}`;
  const positions = cursor === undefined ? Array<string | null>(LISTS).fill('') : readPositions(scope, cursor);
  const own = { ownerId: uid };
  const page = <T extends object>(at: number, things: Parameters<typeof listNewest<T>>[0]) => nextPage(positions, at, limit, things);
  const [account, songs, generations, playlists, images, ledger, files, likes] = await Promise.all([
    readAccount(uid, now),
    page(0, { collection: 'songs', where: own, id: SongId, read: (data) => Song.parse(data) }),
    page(1, { collection: 'generations', where: own, id: GenerationId, read: (data) => Generation.parse(data) }),
    page(2, { collection: 'playlists', where: own, id: PlaylistId, read: (data) => Playlist.parse(data) }),
    page(3, { collection: 'images', where: own, id: ImageId, read: (data) => Image.parse(data) }),
    page(4, { collection: 'ledger', where: { uid }, id: AnyId, read: (data) => LedgerEntry.parse(data) }),
    page(5, { collection: FILES, where: { ...own, state: 'kept' }, id: FileId, read: (data) => FileRecord.parse(data) }),
    page(6, { collection: 'likes', where: { uid }, id: AnyId, read: (data) => Like.parse(data) }),
  ]);
  const isMore = positions.some((position) => position !== null);
  const linked = files.map((file) => ({ ...File.strip().parse(file), belongsTo: file.belongsTo, url: linkTo(file, { now, newId }) }));
  const nextCursor = isMore ? encodeCursor(scope, [JSON.stringify(positions)]) : null;
  return { account, songs, generations, playlists, likes, images, ledger, files: linked, nextCursor };
}

/** Anybody can write a cursor: it is checked like all input. */
function readPositions(scope: string, cursor: string): (string | null)[] {
  const [text] = decodeCursor(scope, cursor);
  try {
    return Positions.parse(JSON.parse(String(text)));
  } catch {
    throw notOfThisList();
  }
}

/** Leaves in `positions` where the list goes on. */
async function nextPage<T extends object>(
  positions: (string | null)[],
  at: number,
  limit: number,
  things: Parameters<typeof listNewest<T>>[0],
): Promise<T[]> {
  const position = positions[at] ?? null;
  if (position === null) return [];
  const { items, nextCursor } = await listNewest(things, { limit, cursor: position || undefined });
  positions[at] = nextCursor;
  return items;
}

async function readAccount(uid: string, now: Date): Promise<AccountExport['account']> {
  const [profile, record] = await Promise.all([readProfile(uid, now), authAdmin((auth) => auth.getUser(uid))]);
  const { creationTime, lastSignInTime } = record.metadata;
  const signIn = {
    providers: record.providerData.map(({ providerId }) => providerId),
    createdAt: new Date(creationTime).toISOString(),
    lastSignInAt: lastSignInTime ? new Date(lastSignInTime).toISOString() : null,
  };
  return { ...profile, signIn };
}

function linkTo({ kind, belongsTo, ownerId, objects }: FileRecord, { now, newId }: Pick<Asking, 'now' | 'newId'>): string | null {
  const [{ storeIds, ...object }] = objects as [FileRecord['objects'][number]];
  const [storeId] = storeIds;
  if (storeId === undefined) return null;
  const life = { now: now.getTime(), lifeS: LINKS_LIFE_S };
  if (kind === 'image') {
    const { ticket } = issueTicket({ use: 'pictures', jti: newId('tkt'), subject: ownerId }, life);
    return address('showImage', { imageId: belongsTo, ticket });
  }
  const { ticket } = issueTicket({ use: kind, jti: newId('tkt'), subject: ownerId, songId: belongsTo, storeId, object }, life);
  return address(kind === 'audio' ? 'streamSong' : 'showCover', { songId: belongsTo, ticket });
}

function address(name: string, query: Record<string, string>): string {
  return `${serviceUrl()}/${name}?${new URLSearchParams(query)}`;
}
