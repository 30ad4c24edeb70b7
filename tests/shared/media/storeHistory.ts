/** A history of what is done to stores, and of what becomes of them, beside a model that knows what they have to hold. */
import { createHash } from 'node:crypto';
import { rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { systemWorld } from '#shared/runtime';
import { copyObject } from '../../../shared/files/copyObject.ts';
import type { FileObject } from '../../../shared/files/schema.ts';
import { StoresInUse } from '../../../shared/files/storesInUse.ts';
import { verifyCopy } from '../../../shared/files/verifyCopy.ts';
import { MediaFault, type MediaStore, type StagedObject } from '../../../shared/media/port.ts';
import type { FaultyStore } from './faultyStore.ts';
import { readAll } from './someStores.ts';
import { CONTENTS, type Spoil, type Step } from './storeSteps.ts';

const CONTENT_TYPE = 'audio/mpeg';

/** A store as it is meant to be. */
interface Held {
  store: FaultyStore;
  /** Where its files are; those of a bucket are not spoiled. */
  directory: string | undefined;
  objects: Map<string, 'whole' | 'spoiled'>;
}

/** The slot of what is staged and published at once. */
const KEPT = 9;

interface Named {
  folder: number;
  content: number;
}

export class StoreHistory {
  private readonly together: MediaStore;
  private readonly held: Held[];
  private readonly staged = new Map<number, { object: StagedObject; content: number }>();
  /** What was acknowledged and is not to go, and who is believed to have it. */
  private readonly journal = new Map<string, FileObject>();
  /** Copies that were lost and found to be. */
  private repairs = 0;

  constructor(together: MediaStore, stores: Pick<Held, 'store' | 'directory'>[]) {
    this.together = together;
    this.held = stores.map((each) => ({ ...each, objects: new Map() }));
  }

  async do(next: Step): Promise<void> {
    for (const [index, { store }] of this.held.entries()) store.strike = 'strikes' in next ? next.strikes[index] : undefined;
    await this.perform(next);
    for (const { store } of this.held) store.strike = undefined;
  }

  /** All stores work again: what is known to be lost is reported, and everything is carried everywhere. */
  async end(): Promise<void> {
    let spoiled = 0;
    for (const [name, known] of this.journal) {
      spoiled += this.held.filter(({ store, objects }) => known.storeIds.includes(store.id) && objects.get(name) !== 'whole').length;
      const isSomewhere = this.held.some(({ objects }) => objects.get(name) === 'whole');
      for (const { store } of this.held) {
        if (!known.storeIds.includes(store.id) || (await verifyCopy(store, this.known(name))) === 'good') continue;
        this.repairs += 1;
        this.journal.set(name, { ...this.known(name), storeIds: this.known(name).storeIds.filter((id) => id !== store.id) });
      }
      await this.copy(name); // it may only then be known who has it
      const ended = await this.copy(name);
      check(isSomewhere === (ended.length === this.held.length), `${name} is at ${ended}`);
    }
    check(this.repairs >= spoiled, `${this.repairs} repairs of ${spoiled} copies`);
    for (const { store, objects } of this.held) {
      for (const [name, state] of objects)
        if (state === 'whole') check((await this.read(store, name)).equals(contentOf(name)), `${name} is not whole in ${store.id}`);
      for await (const { name } of store.list('songs/')) check(objects.has(name), `${name} came from nowhere to ${store.id}`);
      for await (const { name } of store.list('')) check(/^(songs|staging)\//.test(name), `${name} lies about`);
    }
  }

  private perform(next: Step): Promise<unknown> {
    switch (next.does) {
      case 'stage':
        return this.stage(next.slot, next.content);
      case 'publish':
        return this.publish(next.slot, next.folder, next.isTwice);
      case 'keep':
        return this.keep(next);
      case 'discard':
        return this.discard(next.slot);
      case 'list':
        return this.list(next.prefix);
      case 'range':
        return this.range(nameOf(next), next);
      case 'spoil':
        return this.spoil(nameOf(next), next);
      default:
        return this[next.does](nameOf(next));
    }
  }

  private async stage(at: number, content: number): Promise<void> {
    const bytes = CONTENTS[content]!;
    const source = Readable.from([bytes.subarray(0, bytes.length / 2), bytes.subarray(bytes.length / 2)]);
    const options = { stagingName: `staging/${at}`, contentType: CONTENT_TYPE, maxBytes: bytes.length };
    this.staged.delete(at);
    const done = await ended(this.together.stage(source, options));
    if (done instanceof MediaFault) return check(this.isStruck(), `stage: ${done.message}`);
    check(done.sha256 === sha256Of(bytes) && done.bytes === bytes.length, 'staged other bytes');
    this.staged.set(at, { object: done, content });
  }

  private async keep({ folder, content }: Named): Promise<void> {
    await this.stage(KEPT, content);
    await this.publish(KEPT, folder, false);
  }

  private async publish(at: number, folder: number, isTwice: boolean): Promise<void> {
    const staged = this.staged.get(at);
    if (!staged) return;
    const name = nameOf({ folder, content: staged.content });
    const holder = this.held.find(({ store }) => store.id === staged.object.storeId)!;
    if (holder.objects.get(name) === 'spoiled') return; // nobody publishes twice what was spoiled in between
    const { strike } = holder.store;
    const ends = await Promise.all(Array.from({ length: isTwice ? 2 : 1 }, () => ended(this.together.publish(staged.object, name))));
    if (!strike || strike === 'after') {
      holder.objects.set(name, 'whole');
      this.staged.delete(at);
    }
    for (const done of ends) {
      if (done instanceof MediaFault) check(strike !== undefined, `publish: ${done.message}`);
      else {
        check(!strike && done.storeId === holder.store.id && done.name === name, 'published elsewhere');
        const { storeId, ...about } = done;
        const others = this.journal.get(name)?.storeIds.filter((id) => id !== storeId) ?? [];
        this.journal.set(name, { ...about, storeIds: [...others, storeId] });
      }
    }
  }

  private async discard(at: number): Promise<void> {
    const staged = this.staged.get(at);
    if (!staged) return;
    const done = await ended(this.together.discard(staged.object));
    check(!(done instanceof MediaFault) || this.isStruck(), 'discard');
    this.staged.delete(at);
  }

  private async delete(name: string): Promise<void> {
    const done = await ended(this.together.delete(name));
    check(done instanceof MediaFault === this.isStruck(), `delete: ${done}`);
    for (const { store, objects } of this.held) if (!store.strike || store.strike === 'after') objects.delete(name);
    this.journal.delete(name);
  }

  private async open(name: string): Promise<void> {
    this.checkRead(name, await ended(this.read(this.together, name)), (found) => found.equals(contentOf(name)));
  }

  private async range(name: string, { start, length }: { start: number; length: number }): Promise<void> {
    const end = start + length - 1;
    if (end >= contentOf(name).length) return;
    const bytes = await ended(this.read(this.together, name, { start, end }));
    this.checkRead(name, bytes, (found) => found.equals(contentOf(name).subarray(start, end + 1)));
  }

  private async find(name: string): Promise<void> {
    const found = await ended(this.together.find(name));
    this.checkRead(
      name,
      found === undefined ? new MediaFault('missing', 'none') : found,
      ({ sha256 }) => sha256 === sha256Of(contentOf(name)),
    );
  }

  /** Who has it, gives it; only what nobody has is missing. What was spoiled may be told so, or not be noticed. */
  private checkRead<T>(name: string, read: T | MediaFault, isRight: (read: T) => boolean): void {
    const working = this.held.filter(({ store }) => !store.strike);
    const isWhole = working.some(({ objects }) => objects.get(name) === 'whole');
    const isSpoiled = this.held.some(({ objects }) => objects.get(name) === 'spoiled');
    if (!(read instanceof MediaFault)) check(isSpoiled || (isWhole && isRight(read)), `${name} was read wrong`);
    else if (read.kind === 'missing') check(!this.isStruck() && !isWhole, `${name} is said to be missing`);
    else check(!isWhole && (isSpoiled || this.isStruck()), `${name} is said to be ${read.kind}`);
  }

  private async list(prefix: string): Promise<void> {
    const names: string[] = [];
    for await (const { name } of this.together.list(prefix)) names.push(name);
    check(names.join() === [...new Set(names)].sort().join(), `not in order: ${names}`);
    const known = new Set(this.held.flatMap(({ objects }) => [...objects].flatMap(([name, state]) => (state === 'whole' ? [name] : []))));
    for (const name of known) check(!name.startsWith(prefix) || names.includes(name), `${name} is not listed`);
  }

  private async spoil(name: string, { at, how }: { at: number; how: Spoil }): Promise<void> {
    const holder = this.held[at];
    if (!holder?.directory || holder.objects.get(name) !== 'whole' || contentOf(name).length === 0) return;
    const file = join(holder.directory, name);
    if (how === 'lose') await Promise.all([rm(file), rm(`${file}.~json`)]);
    else if (how === 'cut') await truncate(file, contentOf(name).length - 1);
    else await writeFile(file, Buffer.alloc(contentOf(name).length, 'x'));
    if (how === 'lose') holder.objects.delete(name);
    else holder.objects.set(name, 'spoiled');
  }

  private async copy(name: string): Promise<string[]> {
    if (!this.journal.has(name)) return [];
    const stores = new StoresInUse(this.held.map(({ store }) => store));
    const before = this.known(name).storeIds;
    const wasWhole = this.held.some(({ objects }) => objects.get(name) === 'whole');
    const copied = await copyObject(this.known(name), {
      world: systemWorld,
      signal: new AbortController().signal,
      fileId: 'fil_x',
      stores,
    });
    this.repairs += copied.lost;
    this.journal.set(name, copied.object);
    check(before.length - copied.lost <= copied.object.storeIds.length, 'forgotten without a loss');
    for (const { store, objects } of this.held) {
      if (copied.object.storeIds.includes(store.id) && !before.includes(store.id)) objects.set(name, 'whole');
      else if (!before.includes(store.id)) await this.lookAgain(store, objects, name);
    }
    check(!wasWhole || this.held.some(({ objects }) => objects.get(name) === 'whole'), `${name} was lost by copying it`);
    return copied.object.storeIds;
  }

  /** A store that failed in the middle of a copy may have it, or have removed what was spoiled. */
  private async lookAgain(store: FaultyStore, objects: Held['objects'], name: string): Promise<void> {
    const { strike } = store;
    store.strike = undefined;
    const state = await verifyCopy(store, this.known(name));
    store.strike = strike;
    if (state === 'missing') objects.delete(name);
    else objects.set(name, state === 'good' ? 'whole' : 'spoiled');
  }

  private async read(store: MediaStore, name: string, range?: { start: number; end: number }): Promise<Buffer> {
    return readAll((await store.open(name, range)).body);
  }

  private known(name: string): FileObject {
    return this.journal.get(name)!;
  }

  private isStruck(): boolean {
    return this.held.some(({ store }) => store.strike);
  }
}

function check(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Error(what);
}

/** @returns the fault instead of throwing it */
function ended<T>(work: Promise<T>): Promise<T | MediaFault> {
  return work.catch((error: unknown) => {
    if (error instanceof MediaFault) return error;
    throw error;
  });
}

function nameOf({ folder, content }: Named): string {
  return `songs/${folder}/${sha256Of(CONTENTS[content]!)}.mp3`;
}

const bySha256 = new Map(CONTENTS.map((bytes) => [sha256Of(bytes), bytes]));

function contentOf(name: string): Buffer {
  return bySha256.get(/([0-9a-f]{64})/.exec(name)![1]!)!;
}

function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
