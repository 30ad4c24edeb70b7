/**
 * Resumable uploads that are under way. Each is a JSON file and a file with the bytes so far, so that a restart ends none.
 *
 * @see https://cloud.google.com/storage/docs/performing-resumable-uploads
 */
import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '#shared/runtime';
import { writeAtomically } from '../google/atomicFile.ts';
import { ContentWriter } from './contentWriter.ts';
import { refuse } from './gcsError.ts';
import type { NewObject } from './storage.ts';
import { Editable, StoredObject } from './storedObject.ts';

const SESSION_LIFE_MS = 7 * 24 * 3600 * 1000;

const generation = z.number().optional();

const Session = z.object({
  bucket: z.string(),
  name: z.string(),
  editable: Editable,
  conditions: z.object({
    generationMatch: generation,
    generationNotMatch: generation,
    metagenerationMatch: generation,
    metagenerationNotMatch: generation,
  }),
  startedAtMs: z.number(),
  /** Hashes that the client wants to find at the end. */
  expected: z.object({ crc32c: z.string().optional(), md5Hash: z.string().optional() }),
  /** What came of it: a client that missed the last answer asks again. */
  finished: StoredObject.optional(),
});

export type Session = z.output<typeof Session>;

export class UploadSessions {
  #directory: string;
  #clock: Clock;
  #writers = new Map<string, ContentWriter>();

  /** Opens what a former run left: sessions go on, the rest of interrupted simple uploads is removed. */
  static async open(directory: string, clock: Clock): Promise<UploadSessions> {
    const sessions = new UploadSessions(directory, clock);
    const files = new Set(await readdir(directory));
    for (const file of files) {
      const id = file.replace(/\.(json|part)$/, '');
      const session = files.has(`${id}.json`) ? await sessions.#read(id) : undefined;
      if (!session || clock.now() - session.startedAtMs > SESSION_LIFE_MS) await rm(join(directory, file), { force: true });
    }
    return sessions;
  }

  private constructor(directory: string, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  /** @returns the id, which is also the right to go on with it */
  async start(wish: NewObject, expected: Session['expected']): Promise<string> {
    const id = randomBytes(24).toString('base64url');
    await this.save(id, { ...wish, expected, startedAtMs: this.#clock.now() });
    return id;
  }

  /** @throws 404 */
  async get(id: string): Promise<Session> {
    const session = /^[\w-]{32}$/.test(id) ? await this.#read(id) : undefined;
    if (!session) throw refuse.noSuchUpload();
    return session;
  }

  async save(id: string, session: Session): Promise<void> {
    await writeAtomically(join(this.#directory, `${id}.json`), JSON.stringify(session));
  }

  async writer(id: string): Promise<ContentWriter> {
    const writer = this.#writers.get(id) ?? (await ContentWriter.open(join(this.#directory, `${id}.part`)));
    this.#writers.set(id, writer);
    return writer;
  }

  /** Remembers the outcome. The bytes have become the object's. */
  async finish(id: string, session: Session, finished: StoredObject): Promise<void> {
    this.#writers.delete(id);
    await this.save(id, { ...session, finished });
  }

  async cancel(id: string): Promise<void> {
    await rm(join(this.#directory, `${id}.json`), { force: true });
    await (await this.writer(id)).discard();
    this.#writers.delete(id);
  }

  async #read(id: string): Promise<Session | undefined> {
    const text = await readFile(join(this.#directory, `${id}.json`), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : Session.parse(JSON.parse(text));
  }
}
