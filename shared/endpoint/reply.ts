import type { Readable } from 'node:stream';

interface BytesReply {
  /**
   * Called when the caller is given the first byte, or sent to it: not for HEAD, not for a later part, not for what he has already.
   * It runs beside the answer, a redirect waits for it; it must settle soon, and never reject.
   */
  onFirstByte?(): Promise<void>;
}

/** A file as a handler gives it. The pipeline answers ranges, conditions and HEAD. */
export interface FileReply extends BytesReply {
  kind: 'file';
  bytes: number;
  contentType: string;
  /** Strong validator, without quotes: these bytes and no others. */
  etag: string;
  /** Since when the bytes are what they are, where that is known: a validator for callers who keep no entity tags. */
  modifiedAt?: Date;
  /** Makes the browser save it under this name. */
  downloadName?: string;
  /** Seconds that the caller's own cache may keep it. */
  privateCacheS: number;
  /** No answer may carry more: a longer range is cut, a longer whole is refused. */
  mostBytesAtOnce?: number;
  open(range?: { start: number; end: number }): Promise<Readable>;
}

/** Sends the caller to a URL that works for a while. */
export interface RedirectReply extends BytesReply {
  kind: 'redirect';
  url: string;
  /** Seconds that the caller's own cache may keep it: never longer than the URL lives. */
  privateCacheS: number;
}

/** JSON under another status than the definition's. Only `checkHealth` needs it: its 503 is an answer, not a failure. */
export interface JsonReply {
  kind: 'json';
  status: 503;
  body: object;
}
