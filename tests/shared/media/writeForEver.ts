/** Run as a program: stages, publishes and deletes objects in the directory given, on and on, until it is killed. */
import { createLocalStore } from '../../../shared/media/localStore.ts';

const store = createLocalStore(process.argv[2] ?? '');
const chunk = Buffer.alloc(20_000, 7);

async function* source(chunks: number): AsyncGenerator<Buffer> {
  for (let sent = 0; sent < chunks; sent += 1) {
    yield chunk;
    await new Promise(setImmediate);
  }
}

for (let turn = 0; ; turn += 1) {
  const staged = await store.stage(source(turn % 17), { stagingName: `staging/${turn}`, contentType: 'audio/mpeg', maxBytes: 1e6 });
  const { name } = await store.publish(staged, `songs/${turn % 17}/${staged.sha256}.mp3`);
  if (turn === 0) process.stdout.write('writing');
  if (turn % 3 === 0) await store.delete(name);
}
