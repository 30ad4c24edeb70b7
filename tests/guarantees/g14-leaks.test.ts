/** What is somebody's alone is marked with words that stand nowhere else, and then looked for in everything that others are answered. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rules } from '#shared/access';
import type { Endpoint } from '#shared/endpoint';
import { createGeneration } from '#shared/generation';
import { Claim } from '#shared/limits';
import { database, newId } from '#shared/runtime';
import { functionNames } from '../matrix/functionNames.ts';
import { givenInput } from '../matrix/givenInput.ts';
import type { KnownCaller, TestCaller } from '../support/callers.ts';
import { fromSomewhere } from '../support/fromSomewhere.ts';
import { given } from '../support/given.ts';
import { type House, openHouse } from '../support/openHouse.ts';
import type { Answer } from '../support/service.ts';

/** A word that stands in something of somebody's. */
interface Mark {
  word: string;
  ownerId: string;
  /** What it stands in: whoever may read that by its id may be told the word when he names the id. */
  id: string;
  kind: string;
  isShared: boolean;
}

type Input = Record<string, unknown>;

let house: House;
let callers: TestCaller[];
let operator: KnownCaller;
const marks: Mark[] = [];

beforeAll(async () => {
  house = await openHouse();
  const [first, second] = await Promise.all([house.newPeople(), house.newPeople()]);
  operator = first.admin;
  for (const person of [first.owner, second.owner]) marks.push(...(await markedThings(person.uid)));
  const nobody = house.outsiders.find(({ standing }) => standing === 'nobody')!;
  // Each warms the caches for the next; the owners ask once more when the others have warmed them.
  callers = [first.owner, operator, second.owner, nobody, first.owner, second.owner];
});
afterAll(() => house.close());

const newWord = () => `zq${randomBytes(6).toString('hex')}`;

/** One thing of each kind and state, with a word of its own in each of its texts. */
async function markedThings(owner: string): Promise<Mark[]> {
  const found: Mark[] = [];
  const mark = (kind: string, isShared: boolean, word: string, id: string) => found.push({ word, ownerId: owner, id, kind, isShared });
  const song = async (state: 'ready' | 'hidden' | 'making' | 'failed', visibility: 'private' | 'unlisted' | 'public') => {
    const word = newWord();
    const texts = { title: word, style: word, lyrics: word, bytes: Buffer.from(word.repeat(90)) };
    mark('song', state === 'ready' && visibility === 'unlisted', word, (await given.song({ owner, state, visibility, ...texts })).songId);
  };
  await song('ready', 'private');
  await song('ready', 'unlisted');
  await song('hidden', 'public');
  await song('making', 'public');
  await song('failed', 'unlisted');
  const word = newWord();
  const input = { prompt: word, title: word, instrumental: false, voice: 'any', model: 'v4.5', visibility: 'public' } as const;
  const { generationId } = await createGeneration({ uid: owner, input, claim: new Claim(undefined), now: new Date(), newId });
  mark('generation', false, word, generationId);
  for (const visibility of ['private', 'unlisted'] as const) {
    const title = newWord();
    mark('playlist', visibility === 'unlisted', title, (await given.playlist({ owner, visibility, title })).playlistId);
  }
  const title = newWord();
  mark('image', false, title, (await given.image({ owner, title })).imageId);
  const { email } = (await (await database()).doc(`users/${owner}`).get()).data() as { email: string };
  mark('user', false, email, owner);
  return found;
}

/** All that a function could be asked of what is marked. */
async function inputsFor(endpoint: Endpoint): Promise<Input[]> {
  if (Object.keys(endpoint.needs).length === 0) return searchesOf(endpoint);
  const kinds = new Set(Object.values(endpoint.needs).map(({ rule }) => rule.split('.')[0]!));
  const named = marks.filter(({ kind }) => kinds.has(kind));
  return await Promise.all(named.map(({ id }) => givenInput(house.service, endpoint, id)));
}

function searchesOf(endpoint: Endpoint): Input[] {
  const examples = [{}, ...endpoint.examples.map(({ input }) => input as Input)];
  const choices = Object.entries(endpoint.input.shape).flatMap(([field, schema]) => choicesOf(schema).map((value) => ({ [field]: value })));
  const searches =
    'query' in endpoint.input.shape
      ? marks.filter(({ ownerId }) => ownerId === marks[0]?.ownerId).map(({ word }) => ({ query: word }))
      : [];
  return [...examples, ...choices, ...choices.flatMap((choice) => searches.map((search) => ({ ...choice, ...search }))), ...searches];
}

function choicesOf(schema: unknown): string[] {
  const { options, def } = schema as { options?: string[]; def?: { innerType?: unknown } };
  return options ?? (def?.innerType ? choicesOf(def.innerType) : []);
}

async function ask(endpoint: Endpoint, input: Input, caller: TestCaller): Promise<Answer> {
  const token = await caller.tokenFor(endpoint.name);
  const headers = { ...fromSomewhere(), ...(token ? { authorization: `Bearer ${token}` } : {}) };
  const { method, name } = endpoint;
  if (method === 'POST')
    return house.service.send(name, { method, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(input) });
  const query = new URLSearchParams(Object.entries(input).map(([field, value]) => [field, String(value)]));
  return house.service.send(`${name}?${query}`, { headers, redirect: 'manual' });
}

/** The marks that this answer must not hold, and does. */
function leaksIn({ text, headers }: Answer, input: Input, caller: TestCaller): Mark[] {
  const whole = `${text}\n${JSON.stringify([...headers])}`;
  const isForAll = /\bpublic\b/.test(headers.get('cache-control') ?? '');
  return marks.filter(({ word, ownerId, id, isShared }) => {
    if (!whole.includes(word)) return false;
    const isNamed = isShared && Object.values(input).flat().includes(id);
    return isForAll ? !isNamed : caller.uid !== ownerId && !isNamed;
  });
}

function operatorsSee({ access, needs }: Endpoint): boolean {
  const ruled = Object.values(needs);
  return access === 'admin' || (ruled.length > 0 && ruled.every(({ rule }) => rules[rule].admin === 'always'));
}

/** Of functions that change something, what others are answered who name what is not theirs. */
const isRead = ({ method, rate }: Endpoint) => method === 'GET' || rate === 'read';

describe('G14: what is somebody’s alone', () => {
  // Holds because answers to signed-in people are never kept for others, and what is kept for others is what everybody may see.
  it.each(functionNames())('stands in no answer of %s to others, whoever asked before, and in none that caches may share', async (name) => {
    const endpoint = house.endpoint(name);
    if (endpoint.access === 'scheduler') return;
    const inputs = isRead(endpoint) || Object.keys(endpoint.needs).length > 0 ? await inputsFor(endpoint) : [];
    const leaks: string[] = [];
    for (const input of inputs) {
      const owners = new Set(marks.filter(({ id }) => Object.values(input).flat().includes(id)).map(({ ownerId }) => ownerId));
      for (const caller of callers) {
        const isOwn = owners.has(caller.uid ?? '');
        if (!isRead(endpoint) && (isOwn || caller === operator)) continue;
        const answer = await ask(endpoint, input, caller);
        if (caller === operator && operatorsSee(endpoint) && !/\bpublic\b/.test(answer.headers.get('cache-control') ?? '')) continue;
        leaks.push(...leaksIn(answer, input, caller).map(({ kind, id }) => `${kind} ${id} for ${caller.name}`));
      }
    }
    expect(leaks).toEqual([]);
  });

  it('is marked so that its owner finds it, by the functions that show it', async () => {
    const seen = new Set<string>();
    const owners = callers.filter(({ uid }) => marks.some(({ ownerId }) => ownerId === uid));
    for (const name of [
      'listSongs',
      'getSong',
      'streamSong',
      'listGenerations',
      'getGeneration',
      'getPlaylist',
      'listImages',
      'getProfile',
    ]) {
      const endpoint = house.endpoint(name);
      for (const input of await inputsFor(endpoint)) {
        for (const caller of owners) {
          const { text } = await ask(endpoint, input, caller);
          for (const { word } of marks.filter(({ ownerId }) => ownerId === caller.uid)) if (text.includes(word)) seen.add(word);
        }
      }
    }
    expect(marks.filter(({ word }) => !seen.has(word)).map(({ kind }) => kind)).toEqual([]);
  });
});
