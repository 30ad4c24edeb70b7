/** The life of a service whose storage breaks: what users and operators see of it, and how long it took by the service's clock. */
import { mediaStores } from '#shared/media';
import { database } from '#shared/runtime';
import { createSong } from '../../../functions/songs/createSong.ts';
import { getStatus } from '../../../functions/system/getStatus.ts';
import type { KnownCaller } from '../../support/callers.ts';
import { fromSomewhere } from '../../support/fromSomewhere.ts';
import { given } from '../../support/given.ts';
import { HURRY, openStorageHouse, type StorageFault, type StorageHouse, type Stores } from './storageHouse.ts';

/** What is held back is to be back within this time. */
export const GOAL_S = 30;

const LOOK_MS = 20;
/** So much of the service's time at each look, while somebody waits for a storage that hangs. */
const PASSING_MS = LOOK_MS * HURRY;

export class Scene {
  storage!: StorageHouse;
  mina!: KnownCaller;
  /** Songs of hers that are ready: a public one, and one to be deleted. */
  heard = '';
  deleted = '';
  /** Her request that the provider has finished, and nobody has fetched. */
  underWay = '';
  readonly stores: Stores;
  private readonly times: string[] = [];

  constructor(stores: Stores) {
    this.stores = stores;
  }

  async open(): Promise<void> {
    this.storage = await openStorageHouse(this.stores);
    this.mina = (await this.storage.house.newPeople()).owner;
  }

  async close(): Promise<void> {
    await this.storage.close();
    process.stdout.write(`G8, MEDIA_STORES=${this.stores.join(',')}, in seconds of the service's clock\n${this.times.join('\n')}\n`);
  }

  async break(fault: StorageFault): Promise<void> {
    await this.storage.break(fault);
  }

  async repair(): Promise<void> {
    await this.storage.repair();
  }

  async makeReadySongs(): Promise<void> {
    this.heard = (await given.song({ owner: this.mina.uid, visibility: 'public' })).songId;
    this.deleted = (await given.song({ owner: this.mina.uid })).songId;
  }

  async askAndWait(): Promise<void> {
    this.underWay = await this.ask();
    await this.storage.runWorker();
    this.storage.clock.advance(12_000);
  }

  async ask(): Promise<string> {
    const token = await this.mina.tokenFor('createSong');
    const input = { prompt: 'a calm song about paper boats' };
    const { status, text, body } = await this.storage.house.service.call(createSong, input, { token, headers: fromSomewhere() });
    if (status !== 202) throw new Error(`createSong answered ${status}: ${text}`);
    return body.generation.generationId;
  }

  /** No worker runs until the storage is known to be down. */
  async untilClosed(fault: StorageFault): Promise<void> {
    await this.secondsUntil(`${fault}, closed`, async () => (await this.reasons())[0] === 'storage', { works: false });
  }

  /** Until everything is open again and the song that waited is ready. @returns the seconds that it took together */
  async untilOver(fault: StorageFault): Promise<number> {
    const openS = await this.secondsUntil(`${fault}, open again`, async () => (await this.reasons()).every((reason) => reason === null));
    const readyS = await this.secondsUntil(`${fault}, then ready`, async () => (await this.stateOf(this.underWay)) === 'ready');
    return openS + readyS;
  }

  /** Why new songs and listening are held back, as clients are told. */
  async reasons(): Promise<[generation: string | null, streaming: string | null]> {
    const { body } = await this.passing(this.storage.house.service.call(getStatus, {}, { headers: fromSomewhere() }));
    return [body.features.generation.reason, body.features.streaming.reason];
  }

  async stateOf(generationId: string): Promise<string> {
    return (await (await database()).doc(`generations/${generationId}`).get()).get('state');
  }

  /** Runs the worker until there is nothing left to do. */
  async untilIdle(): Promise<void> {
    const waiting = (await database()).collection('generationWork').orderBy('dueAt').limit(1);
    for (let runs = 0; runs < 60 && !(await waiting.get()).empty; runs += 1) {
      await this.runWorker();
      this.storage.clock.advance(15_000);
    }
  }

  runWorker(): Promise<void> {
    return this.passing(this.storage.runWorker());
  }

  async namesOf(songId: string): Promise<string[]> {
    const names: string[] = [];
    for (const store of mediaStores()) for await (const { name } of store.list(`songs/${songId}/`)) names.push(name);
    return names;
  }

  /** Second by second, with a look at the status and a run of the worker, as in the life of a service. @returns how many it took */
  async secondsUntil(what: string, isSo: () => Promise<boolean>, { works = true } = {}): Promise<number> {
    const { clock } = this.storage;
    const startedAt = clock.now();
    for (;;) {
      const seconds = (clock.now() - startedAt) / 1000;
      if (seconds > GOAL_S) throw new Error(`${what}: not within ${GOAL_S} s`);
      if (await isSo()) {
        this.times.push(`  ${what}: ${seconds}`);
        return seconds;
      }
      clock.advance(1000);
      if (works) await this.runWorker();
    }
  }

  /** Who waits for a storage that hangs waits until his patience is over. */
  private async passing<T>(work: Promise<T>): Promise<T> {
    const { hangingCount, clock } = this.storage;
    let isOver = false;
    const end = () => {
      isOver = true;
    };
    work.then(end, end);
    const before = hangingCount();
    while (!isOver) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      if (!isOver && hangingCount() > before) clock.advance(PASSING_MS);
    }
    return work;
  }
}
