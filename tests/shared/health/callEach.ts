/** Calls every function as somebody who may, and tells those that are closed from those that serve. */
import type { Endpoint } from '#shared/endpoint';
import { givenInput, variantsFor } from '../../matrix/givenInput.ts';
import type { People, TestCaller } from '../../support/callers.ts';
import { fromSomewhere } from '../../support/fromSomewhere.ts';
import type { Answer } from '../../support/service.ts';
import type { StorageHouse } from './storageHouse.ts';

/** What is called when the time comes: with things that were made while all was well. */
export interface Prepared {
  endpoint: Endpoint;
  caller: TestCaller;
  input: Record<string, unknown>;
}

/** They end a session or an account: nobody whom the others need. */
const ENDINGS = ['signOut', 'deleteAccount'];

export async function prepareCalls({ house }: StorageHouse, isMeant: (endpoint: Endpoint) => boolean): Promise<Prepared[]> {
  const stayers = await house.newPeople();
  const prepared: Prepared[] = [];
  // What recurs comes last: it moves on what the others are to find.
  const isScheduled = ({ access }: Endpoint) => Number(access === 'scheduler');
  const inOrder = house.service.endpoints.filter(isMeant).toSorted((one, other) => isScheduled(one) - isScheduled(other));
  for (const endpoint of inOrder) {
    const people = ENDINGS.includes(endpoint.name) ? await house.newPeople() : stayers;
    const variant = variantsFor(endpoint).find(({ isWhole }) => isWhole);
    const id = await variant?.make(people.owner.uid);
    prepared.push({ endpoint, caller: callerOf(endpoint, people, house.outsiders), input: await givenInput(house.service, endpoint, id) });
  }
  return prepared;
}

function callerOf({ access }: Endpoint, { owner, admin }: People, outsiders: TestCaller[]): TestCaller {
  if (access === 'scheduler') return outsiders.find(({ standing }) => standing === 'cloudScheduler')!;
  return access === 'admin' ? admin : owner;
}

/** @returns the function's name, and the reason for which it is closed; or null when it served, else its status and what it said */
export async function callEach(storage: StorageHouse, prepared: Prepared[]): Promise<[name: string, said: string | null][]> {
  const said: [string, string | null][] = [];
  for (const each of prepared) said.push([each.endpoint.name, await callOne(storage, each)]);
  return said;
}

async function callOne(storage: StorageHouse, { endpoint, caller, input }: Prepared): Promise<string | null> {
  const token = await caller.tokenFor(endpoint.name);
  const calling = storage.house.service.call(endpoint, input, { token, headers: fromSomewhere() });
  // What recurs waits for what comes next.
  const answer = await (endpoint.access === 'scheduler' ? whileTimePasses(storage, calling) : calling);
  return meaningOf(endpoint, answer);
}

function meaningOf({ name, status }: Endpoint, answer: Answer): string | null {
  const { problem } = answer;
  if (problem?.code === 'feature_unavailable') return (problem as unknown as { reason: string }).reason;
  const isServed = answer.status === status || answer.status === 302 || (name === 'answerUnknown' && answer.status === 404);
  return isServed ? null : `${answer.status} ${answer.text}`;
}

const TICK_MS = 10;

/** Moves the clock on as long as something is waited for, so that whatever sleeps wakes. @param times - faster than ours */
export async function whileTimePasses<T>({ clock }: StorageHouse, waiting: Promise<T>, times = 25): Promise<T> {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  waiting.then(end, end);
  while (!isOver) {
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    if (!isOver) clock.advance(TICK_MS * times);
  }
  return waiting;
}
