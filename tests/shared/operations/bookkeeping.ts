/** Books as the service keeps them, without a worker. */
import type { Generation } from '#shared/generation';
import { database, newId, toDocument } from '#shared/runtime';
import { intervene } from '../../../shared/generation/store.ts';

/** Somebody who may ask for songs. */
export async function newPerson(): Promise<string> {
  const uid = newId('req');
  const person = { uid, email: 'mina@sori.example', displayName: 'Mina', locale: 'ko', role: 'user', createdAt: new Date().toISOString() };
  await (await database()).doc(`users/${uid}`).set(toDocument(person));
  return uid;
}

/** As the worker and `cancelGeneration` do it: the state, what is shown, and the credit in one transaction. */
export async function endRequest(
  generationId: string,
  state: Extract<Generation['state'], 'ready' | 'failed' | 'cancelled'>,
  credit: 'settle' | 'release',
  now = new Date(),
): Promise<void> {
  const credits = { reserved: 1, settled: Number(credit === 'settle'), released: Number(credit === 'release') };
  const updatedAt = now.toISOString();
  await intervene(generationId, now, (work) => ({ work: { ...work, state, credits, updatedAt, dueAt: null }, songs: [], credit }));
}
