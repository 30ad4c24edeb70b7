import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { rules } from '#shared/access';
import { defineEndpoint } from '#shared/endpoint';
import { SongId, songs } from '#shared/songs';
import { listSongs } from '../../functions/songs/listSongs.ts';
import { functionNames } from '../matrix/functionNames.ts';
import { callCell, cellsOf, facesOfNothing, inputFor, type Outcome, surprises, tableOf, thingsFor } from '../matrix/matrix.ts';
import { dumpProject } from '../matrix/projectDump.ts';
import type { KnownCaller, People } from '../support/callers.ts';
import { given } from '../support/given.ts';
import { type House, openHouse } from '../support/openHouse.ts';

/** What operators do to somebody's thing: shows that the matrix knows roles, also while no function asks for one. */
const operate = defineEndpoint({
  name: 'operate',
  method: 'POST',
  summary: 'What only operators do',
  access: 'admin',
  feature: 'admin',
  needs: { song: songs.may('read', 'songId') },
  rate: 'write',
  budget: { reads: 1, writes: 0 },
  input: z.strictObject({ songId: SongId }),
  output: z.strictObject({ done: z.literal(true) }),
  errors: [],
  cache: 'none',
  examples: [],
  handler: () => Promise.resolve({ done: true as const }),
});

let house: House;
let residents: People;
const outcomes: Outcome[] = [];

beforeAll(async () => {
  house = await openHouse({ hasBucket: true, endpoints: [operate] });
  residents = await house.newPeople();
});

afterAll(async () => {
  await house.close();
  process.stdout.write(`${tableOf(outcomes)}\n`);
});

describe('G6: nobody sees or changes what is not theirs', () => {
  // Holds because the pipeline asks who calls, in which role, and what the rule table says of each thing, before any handler runs.
  describe.each([...functionNames(), operate.name])('%s', (name) => {
    it('refuses whom its definition does not let in, hides what is not theirs, and changes nothing', async () => {
      const endpoint = house.endpoint(name);
      const idOf = await thingsFor(endpoint, residents);
      const refused = cellsOf(endpoint, house.outsiders, residents).filter(({ expected }) => expected.isRefused);
      const inputs = await Promise.all(refused.map((cell) => inputFor(house.service, cell, idOf)));
      const before = await dumpProject();
      const seen = await Promise.all(refused.map((cell, at) => callCell(house.service, cell, inputs[at]!)));
      outcomes.push(...seen);
      expect(surprises(seen)).toEqual([]);
      expect(await dumpProject()).toEqual(before);
      for (const faces of facesOfNothing(seen).values()) expect([...faces]).toHaveLength(1);
    });

    it('serves everyone else', async () => {
      const endpoint = house.endpoint(name);
      const people = await house.newPeople();
      for (const cell of cellsOf(endpoint, house.outsiders, people).filter(({ expected }) => !expected.isRefused)) {
        const idOf = await thingsFor(endpoint, people);
        const seen = await callCell(house.service, cell, await inputFor(house.service, cell, idOf));
        outcomes.push(seen);
        expect(surprises([seen])).toEqual([]);
      }
    });
  });

  it('keeps a person’s own list to that person', async () => {
    const { owner, stranger } = await house.newPeople();
    const { songId } = await given.song({ owner: owner.uid });
    const list = async (caller?: KnownCaller) =>
      await house.service.call(listSongs, { scope: 'mine' }, { token: await caller?.tokenFor('listSongs') });
    expect((await list()).problem).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect((await list(owner)).body.items.map((song) => song.songId)).toEqual([songId]);
    expect((await list(stranger)).body.items).toEqual([]);
  });

  it('gives strangers what is shared to read, to play and to like, and nothing else', () => {
    const open = Object.entries(rules).filter(([, { others }]) => (others as string) !== 'never');
    expect(open.map(([name, { others }]) => [name, others])).toEqual([
      ['song.read', 'shared'],
      ['song.play', 'shared'],
      ['song.like', 'shared'],
      ['playlist.read', 'shared'],
    ]);
  });

  it('does not start a function that takes an id for which no rule speaks', () => {
    const define = (needs: object) => () => defineEndpoint({ ...operate, needs } as never);
    expect(define(operate.needs)).not.toThrow();
    expect(define({})).toThrow('operate: no need says whose songId may be used');
    expect(define({ song: { ...operate.needs['song'], rule: 'song.steal' } })).toThrow('a need names a rule that the table lacks');
  });
});
