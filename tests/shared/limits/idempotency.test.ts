import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Claim, type KeyedRequest } from '#shared/limits';
import { closeDatabase, database, newId, transact } from '#shared/runtime';
import { useOwnProject } from '../../support/service.ts';

beforeAll(() => {
  useOwnProject();
});

afterAll(() => closeDatabase());

const HOUR_MS = 3600_000;

function request(change: Partial<KeyedRequest> = {}): KeyedRequest {
  return { uid: 'mina', functionName: 'createSong', key: newId('req'), input: { prompt: 'paper boats', voice: 'any' }, ...change };
}

/** Does the work of a handler: once, or not at all when it has been done. @returns the id of what was made */
async function run(keyed: KeyedRequest | undefined, now = new Date()): Promise<{ id: string; wasReplayed: boolean }> {
  const claim = new Claim(keyed);
  const id = await transact(async (transaction, db) => {
    const ref = claim.ref(db);
    const done = claim.check(ref && (await transaction.get(ref)));
    if (done) return done['songId']!;
    const songId = newId('sng');
    transaction.create(db.doc(`songs/${songId}`), { madeBy: keyed?.key ?? '' });
    claim.write(transaction, db, { songId }, now);
    return songId;
  });
  return { id, wasReplayed: claim.wasReplayed };
}

async function countMade(key: string): Promise<number> {
  return (await (await database()).collection('songs').get()).docs.filter((each) => each.get('madeBy') === key).length;
}

describe('The same request, sent again with its Idempotency-Key,', () => {
  it('gives what the first one made, whatever the order of its fields', async () => {
    const keyed = request();
    const first = await run(keyed);
    expect(first.wasReplayed).toBe(false);
    expect(await run({ ...keyed, input: { voice: 'any', prompt: 'paper boats' } })).toEqual({ id: first.id, wasReplayed: true });
    expect(await countMade(keyed.key)).toBe(1);
  });

  it('does its work once when it comes five times at once', async () => {
    const keyed = request();
    const all = await Promise.all(Array.from({ length: 5 }, () => run(keyed)));
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(all.filter(({ wasReplayed }) => !wasReplayed)).toHaveLength(1);
    expect(await countMade(keyed.key)).toBe(1);
  });

  it('is a new one after 24 hours, and not before', async () => {
    const keyed = request();
    const first = await run(keyed, new Date(Date.now() - 24 * HOUR_MS + 60_000));
    expect(await run(keyed)).toEqual({ id: first.id, wasReplayed: true });
    const old = request();
    const before = await run(old, new Date(Date.now() - 24 * HOUR_MS - 1000));
    const after = await run(old);
    expect(after.wasReplayed).toBe(false);
    expect(after.id).not.toBe(before.id);
    expect(await run(old)).toEqual({ id: after.id, wasReplayed: true });
  });

  it('is refused with 422 when it asks for something else', async () => {
    const keyed = request();
    await run(keyed);
    for (const input of [
      { prompt: 'paper planes', voice: 'any' },
      { prompt: 'paper boats' },
      { prompt: 'paper boats', voice: null },
      undefined,
    ]) {
      await expect(run({ ...keyed, input })).rejects.toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    }
    expect(await countMade(keyed.key)).toBe(1);
  });

  it('is another one for another person or another function', async () => {
    const keyed = request();
    const first = await run(keyed);
    for (const other of [
      { ...keyed, uid: 'junho' },
      { ...keyed, functionName: 'retryGeneration' },
    ]) {
      const { id, wasReplayed } = await run(other);
      expect({ isSame: id === first.id, wasReplayed }).toEqual({ isSame: false, wasReplayed: false });
    }
  });
});

describe('What is remembered of a request', () => {
  it('is ids and a hash: no body, no key, no person', async () => {
    const keyed = request({ key: 'a-key-of-mine', input: { prompt: 'my secret song' } });
    await run(keyed);
    const all = (await (await database()).collection('idempotency').get()).docs.map((each) => [each.id, each.data()]);
    expect(JSON.stringify(all)).not.toMatch(/secret|a-key-of-mine|mina/);
  });

  it('is nothing without a key', async () => {
    const count = async () => (await (await database()).collection('idempotency').listDocuments()).length;
    const before = await count();
    const [first, second] = [await run(undefined), await run(undefined)];
    expect(first.id).not.toBe(second.id);
    expect(await count()).toBe(before);
  });

  it('is nothing when the work failed', async () => {
    const keyed = request();
    const claim = new Claim(keyed);
    const failing = transact((transaction, db) => {
      claim.write(transaction, db, { songId: 'x' }, new Date());
      return Promise.reject(new Error('no credit'));
    });
    await expect(failing).rejects.toThrow('no credit');
    expect((await run(keyed)).wasReplayed).toBe(false);
  });

  it('and was spoilt by hand counts as nothing', async () => {
    const keyed = request();
    const first = await run(keyed);
    const db = await database();
    await new Claim(keyed).ref(db)!.update({ expireAt: 'never' });
    expect((await run(keyed)).id).not.toBe(first.id);
  });
});
