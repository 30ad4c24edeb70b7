/** Sends inputs of any kind to the real functions, as somebody who may. */
import type { Endpoint } from '#shared/endpoint';
import { encodeCursor } from '#shared/runtime';
import { givenInput, variantsFor } from '../matrix/givenInput.ts';
import type { People } from '../support/callers.ts';
import { fromSomewhere } from '../support/fromSomewhere.ts';
import type { House } from '../support/openHouse.ts';
import type { Answer } from '../support/service.ts';
import { answerFaults, problemFaults } from './problemFaults.ts';
import type { Input, Known } from './validInput.ts';

/** In a GET, what is no text goes out as its JSON. */
export async function sendInput(house: House, people: People, { name, method, access }: Endpoint, input: unknown): Promise<Answer> {
  const token = await callerFor(house, people, access).tokenFor(name);
  const headers = { ...fromSomewhere(), ...(token ? { authorization: `Bearer ${token}` } : {}) };
  if (method === 'GET') return house.service.send(`${name}?${toQuery(input as Input)}`, { headers });
  const body = JSON.stringify(input);
  return house.service.send(name, { method, headers: { ...headers, 'content-type': 'application/json' }, body });
}

function toQuery(input: Input): URLSearchParams {
  return new URLSearchParams(
    Object.entries(input).map(([name, value]) => [name, typeof value === 'object' ? JSON.stringify(value) : String(value)]),
  );
}

/** Somebody who may call a function with this access. */
export function callerFor({ outsiders }: Pick<House, 'outsiders'>, { admin, owner }: People, access: Endpoint['access']) {
  if (access === 'scheduler') return outsiders.find(({ standing }) => standing === 'cloudScheduler')!;
  return access === 'admin' ? admin : owner;
}

/** What is wrong with an answer, whatever was asked. */
export function faultsOf({ status, headers, text }: Answer): string[] {
  const answer = { status, headers: Object.fromEntries(headers), text };
  return status >= 400 ? problemFaults(answer) : answerFaults(answer);
}

const POSITIONS = [
  ['2026-01-01T00:00:00Z', 'x'],
  [1, 2, 3, 4],
  ['9999-99-99Z'],
  ['0000-01-01T00:00:00.000Z', 'sng_1'],
  [-1e308, ''],
  [1, '2026-01-01T00:00:00.000Z', 'a/b'],
  ['2026-01-01T00:00:00.000Z', 'a/b'],
  ['2026-01-01T00:00:00.000Z', '__x__'],
  ['0000-01-01T00:00:00.000Z', 'sng_0123456789abcdefghjk'],
  ['0000-01-01T00:00:00.000Z', 'gen_0123456789abcdefghjk'],
];

/** Ids of the owner's things, and cursors that only look like ours: what marks them is no secret. */
export async function knownFor({ service }: House, { owner: { uid } }: People, endpoint: Endpoint): Promise<Known> {
  const ids = await Promise.all(variantsFor(endpoint).map((variant) => variant.make(uid)));
  const input = await givenInput(service, endpoint, ids[0]);
  const lists = [
    'public:newest',
    'public:popular',
    `mine:${uid}`,
    `generations:${uid}`,
    `images:${uid}`,
    'songs:',
    'generations:',
    'users:',
    'audit:',
  ];
  return {
    ...Object.fromEntries(Object.entries(input).flatMap(([name, value]) => (typeof value === 'string' ? [[name, [value]]] : []))),
    ...Object.fromEntries(Object.values(endpoint.needs).map(({ field }) => [field, ids])),
    cursor: lists.flatMap((list) => POSITIONS.map((position) => encodeCursor(list, position))),
  };
}
