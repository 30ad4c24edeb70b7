/** The forms that the client's methods have. */

export interface CallOptions {
  /** Ends the call: it then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** For all tries together, pauses included. @default 90 s */
  timeLimitMs?: number | undefined;
  /**
   * For functions that can be replayed. The client makes a key for each call, so that its own repetitions are one request; give your
   * own where the request must stay the same beyond that, as after a restart of the app.
   */
  idempotencyKey?: string | undefined;
}

/** What a method takes: no input need be given where none of its fields must be. */
export type Arguments<Input> =
  Record<never, never> extends Input ? [input?: Input, options?: CallOptions] : [input: Input, options?: CallOptions];

/** What every list answers with. */
export interface Page {
  items: unknown[];
  nextCursor: string | null;
}

/** A function that answers page by page. */
export interface PagedCall<Input, Answer extends Page> {
  (...args: Arguments<Input>): Promise<Answer>;
  /** The items of all pages, each page asked for when the one before is used up. `limit` is the size of a page. */
  all(...args: Arguments<Input>): AsyncGenerator<Answer['items'][number], void, undefined>;
}

/** A function that answers with a file. */
export interface BytesCall<Input> {
  /** The answer as `fetch` gives it, redirects followed. The time limit ends with its head; its body takes as long as it takes. */
  (...args: Arguments<Input>): Promise<Response>;
  /** Where a player or `<img>` finds the file. Neither sends a token: put a ticket into the input, unless the file is public. */
  url(input: Input): string;
}

/** What the client must know of a function to call it. */
export interface Traits {
  method: 'GET' | 'POST';
  /** Whether a token goes along. A token that is bad is refused even where none is needed, so some get none. */
  token: 'never' | 'known' | 'needed';
  /** A POST that changes nothing: its input is not for addresses, which are logged. */
  isRead?: true;
  /** A repetition with the same key is the same request. */
  isReplayed?: true;
  answer: 'json' | 'page' | 'bytes';
  /** A status besides 2xx under which the very answer comes. */
  alsoStatus?: number;
  /** So long the function itself takes at most. */
  timeoutS: number;
}
