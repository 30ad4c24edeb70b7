/**
 * Something to call every function with, generated from its definition. A new function is called with its first example, and the
 * things it needs are made for it; what that does not do for is named here.
 */
import { randomBytes } from 'node:crypto';
import type { Endpoint } from '#shared/endpoint';
import { fileIdOf } from '#shared/files';
import { type Person, signUpPerson } from '../support/callers.ts';
import { given } from '../support/given.ts';
import type { Service } from '../support/service.ts';

/** One state in which a thing may be. */
export interface Variant {
  name: string;
  /** Whether strangers may see it where a rule says `shared`. */
  isShared: boolean;
  /** Every function works with it: whoever may, gets the status of success. */
  isWhole: boolean;
  make(owner: string): Promise<string>;
}

type SongState = 'ready' | 'hidden' | 'making' | 'failed';
type Visibility = 'private' | 'unlisted' | 'public';

function song(name: string, state: SongState, visibility: Visibility, isShared = false): Variant {
  return { name, isShared, isWhole: state === 'ready', make: async (owner) => (await given.song({ owner, state, visibility })).songId };
}

const variants: Record<string, Variant[]> = {
  song: [
    song('private song', 'ready', 'private'),
    song('unlisted song', 'ready', 'unlisted', true),
    song('public song', 'ready', 'public', true),
    song('hidden song', 'hidden', 'public'),
    song('song in the making', 'making', 'public'),
    song('failed song', 'failed', 'unlisted'),
  ],
  generation: [
    {
      name: 'generation',
      isShared: false,
      isWhole: true,
      make: async (owner) => (await given.generation({ owner })).generationId,
    },
  ],
  playlist: (['private', 'unlisted', 'public'] as const).map((visibility) => ({
    name: `${visibility} playlist`,
    isShared: visibility !== 'private',
    isWhole: true,
    make: async (owner) => (await given.playlist({ owner, visibility })).playlistId,
  })),
  image: [{ name: 'picture', isShared: false, isWhole: true, make: async (owner) => (await given.image({ owner })).imageId }],
  incident: [{ name: 'incident', isShared: false, isWhole: true, make: async () => (await given.incident()).incidentId }],
  user: [{ name: 'account', isShared: false, isWhole: true, make: (owner) => Promise.resolve(owner) }],
  file: (['audio', 'cover'] as const).map((kind) => ({
    name: `file of kind ${kind}`,
    isShared: false,
    isWhole: true,
    make: async (owner) => fileIdOf(kind, (await given.song({ owner })).songId),
  })),
};

/** For functions that begin where others end. */
const ended: Record<string, Variant[]> = {
  retryGeneration: [
    {
      name: 'cancelled generation',
      isShared: false,
      isWhole: true,
      make: async (owner) => (await given.cancelledGeneration({ owner })).generationId,
    },
    { ...variants['generation']![0]!, isWhole: false },
  ],
};

/** What a function cannot do without. What it looks at on demand is tried by itself where there is nothing else, and else left out. */
function mainNeeds(needs: Endpoint['needs']) {
  const all = Object.values(needs);
  const main = all.filter(({ isOnDemand }) => !isOnDemand);
  return main.length > 0 ? main : all;
}

/** The states to try a function with. @throws when nobody has said yet how to make what the function needs */
export function variantsFor({ name, needs }: Endpoint): Variant[] {
  const kinds = [...new Set(mainNeeds(needs).map(({ rule }) => rule.split('.')[0]!))];
  if (kinds.length === 0) return [];
  if (kinds.length > 1) throw new Error(`${name} needs ${kinds.join(' and ')}: teach tests/matrix/givenInput.ts to make them together`);
  const found = ended[name] ?? variants[kinds[0]!];
  if (!found) throw new Error(`${name} needs a ${kinds[0]}: teach tests/matrix/givenInput.ts to make one`);
  return found;
}

/** Where the first example alone would not succeed. */
const special: Record<string, (example: object, person: () => Promise<Person>) => Promise<object>> = {
  signUp: (example) => Promise.resolve({ ...example, email: `${randomBytes(8).toString('hex')}@sori.example` }),
  signIn: async (_example, person) => {
    const { email, password } = await person();
    return { email, password };
  },
  refreshSession: async (_example, person) => ({ refreshToken: (await person()).refreshToken }),
};

/** What the function succeeds with. @param id - of the thing that it needs, if it needs one */
export async function givenInput(service: Service, { name, needs, examples }: Endpoint, id?: string): Promise<Record<string, unknown>> {
  const example = examples[0]?.input ?? {};
  const input = (await special[name]?.(example, () => signUpPerson(service))) ?? example;
  return {
    ...input,
    ...Object.fromEntries(mainNeeds(needs).map(({ field, isEach, isOnDemand }) => [field, isEach || isOnDemand ? [id] : id])),
  };
}
