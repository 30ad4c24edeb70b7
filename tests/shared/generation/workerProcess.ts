/**
 * A worker as a process of its own that ends itself, without warning, at a given point. Its clock stands still at the given time.
 *
 *     workerProcess.ts '{"nowMs": 0, "killAt": "accepted"}'
 */
import { advanceGenerations, BOUNDS, createWorker, type Worker } from '#shared/generation';
import type { MediaStore } from '#shared/media';
import { systemWorld } from '#shared/runtime';
import type { KillPoint } from './killedWorker.ts';

const { nowMs, killAt } = JSON.parse(process.argv[2] ?? '{}') as { nowMs: number; killAt: KillPoint };

function dieAt(point: KillPoint): void {
  if (point === killAt) process.kill(process.pid, 'SIGKILL');
}

const world = { ...systemWorld, clock: { ...systemWorld.clock, now: () => nowMs } };
const worker = createWorker({ world, signal: new AbortController().signal }, { ...BOUNDS, waitForDueMs: 0 });
await advanceGenerations({ ...worker, provider: mortalProvider(worker), store: mortalStore(worker.store) });
process.exit(0);

function mortalProvider({ provider }: Worker): Worker['provider'] {
  return {
    ...provider,
    submit: async (request, options) => {
      dieAt('intentStored');
      if (killAt === 'orderLeft') setTimeout(() => dieAt('orderLeft'), 500);
      const answer = await provider.submit(request, options);
      dieAt('accepted');
      return answer;
    },
  };
}

function mortalStore(store: MediaStore): MediaStore {
  return {
    kind: store.kind,
    id: store.id,
    open: (...given) => store.open(...given),
    find: (...given) => store.find(...given),
    delete: (...given) => store.delete(...given),
    discard: (...given) => store.discard(...given),
    list: (prefix) => store.list(prefix),
    stage: async (source, options) => {
      if (options.stagingName.includes('cover')) dieAt('ready');
      const staged = await store.stage(tapped(source), options);
      dieAt('staged');
      return staged;
    },
    publish: async (...given) => {
      const published = await store.publish(...given);
      dieAt('published');
      return published;
    },
  };
}

async function* tapped(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    yield chunk;
    dieAt('downloading');
  }
}
