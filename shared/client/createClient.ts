import type { CallOptions } from './call.ts';
import { type Connection, callFunction, queryOf } from './callFunction.ts';
import { FUNCTIONS, type Functions, type RefreshSessionAnswer } from './functions.generated.ts';
import { allPages } from './pages.ts';
import { RETRY_RULES, type RetryRules } from './repeat.ts';
import { createSessionKeeper, type KeptSession, type OnSession } from './sessionKeeper.ts';
import { type GetIdToken, givenTokens, NO_TOKENS, ofOnePerson } from './tokens.ts';
import { type UploadImage, uploadImage } from './uploadImage.ts';

export interface ClientOptions {
  /** Up to the function's name: `https://sori-music.web.app/v1`. */
  baseUrl: string;
  /** Of the Firebase SDK: `(isForced) => auth.currentUser?.getIdToken(isForced)`. Without it the client keeps a session of its own. */
  getIdToken?: GetIdToken;
  /** One that `onSession` gave, to go on where the app ended. */
  session?: KeptSession | undefined;
  /** Told when somebody has signed in, when the session was refreshed, and with `undefined` when it has ended. */
  onSession?: OnSession;
  fetch?: typeof fetch;
  retry?: Partial<RetryRules>;
}

/** A method for each function, and what takes more than one call. */
export type Client = Functions & {
  /** Sends a picture to the bucket and makes an image of it: `startUpload`, PUT, `finishUpload`. */
  uploadImage: UploadImage;
};

type Input = Record<string, unknown>;

/** @returns a client for browsers and Node. Every method throws `SoriError`; see there. */
export function createClient({ baseUrl, getIdToken, session, onSession, fetch: own, retry }: ClientOptions): Client {
  const connection: Omit<Connection, 'tokens'> = {
    baseUrl: baseUrl.replace(/\/+$/, ''),
    fetch: own ?? ((...request) => fetch(...request)), // looked up at each call, as a browser wants it called
    rules: { ...RETRY_RULES, ...retry },
  };
  const refresh = async (refreshToken: string) => {
    const answer = await callFunction({ ...connection, tokens: NO_TOKENS }, 'refreshSession', { refreshToken }, {});
    return (answer as RefreshSessionAnswer).session;
  };
  const keeper = createSessionKeeper({ session, onSession, refresh });
  const tokens = getIdToken ? givenTokens(getIdToken) : keeper;

  async function call(name: keyof Functions, input: Input = {}, options: CallOptions = {}, by = tokens): Promise<unknown> {
    const token = keeper.latest();
    const answer = await callFunction({ ...connection, tokens: by }, name, input, options);
    if (!getIdToken) keeper.learn(name, answer, token);
    return answer;
  }

  /** A function as one person calls it, several times for one purpose. */
  function calledByOne(name: keyof Functions, by = ofOnePerson(tokens)) {
    return (input?: Input, options?: CallOptions) => call(name, input, options, by);
  }

  function extrasOf(name: keyof Functions): object {
    const { answer } = FUNCTIONS[name];
    if (answer === 'page') return { all: (input?: Input, options?: CallOptions) => allPages(calledByOne(name), input, options) };
    if (answer === 'bytes') return { url: (input: Input) => `${connection.baseUrl}/${name}?${queryOf(input)}` };
    return {};
  }

  const client = Object.fromEntries(
    (Object.keys(FUNCTIONS) as (keyof Functions)[]).map((name) => {
      const method = (input?: Input, options?: CallOptions) => call(name, input, options);
      return [name, Object.assign(method, extrasOf(name))];
    }),
  ) as unknown as Client;
  client.uploadImage = (file, options) => {
    const by = ofOnePerson(tokens);
    const ends = { startUpload: calledByOne('startUpload', by), finishUpload: calledByOne('finishUpload', by) };
    return uploadImage({ client: ends as unknown as Client, ...connection }, file, options);
  };
  return client;
}
