import type { FinishUploadAnswer, Functions, StartUploadInput } from './functions.generated.ts';
import { type PutRequest, putBytes } from './putBytes.ts';
import { type RetryRules, repeat, within } from './repeat.ts';

export interface UploadOptions {
  title?: string | undefined;
  /** Where the file does not say it itself, or says it wrong. */
  contentType?: StartUploadInput['contentType'] | undefined;
  /** Called now and then while the bytes go out. Where there is only `fetch`, as in Node, at the beginning and at the end. */
  onProgress?: ((progress: { sentBytes: number; totalBytes: number }) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export type UploadImage = (file: Blob, options?: UploadOptions) => Promise<FinishUploadAnswer>;

interface Tools {
  client: Pick<Functions, 'startUpload' | 'finishUpload'>;
  fetch: typeof fetch;
  rules: RetryRules;
}

/** As long as the address of an upload lives. */
const TIME_LIMIT_MS = 15 * 60_000;

/** @throws {SoriError} of `startUpload` and `finishUpload`; `upload_refused` and `no_answer` of the bucket; the reason of the signal */
export async function uploadImage({ client, fetch, rules }: Tools, file: Blob, options: UploadOptions = {}): Promise<FinishUploadAnswer> {
  const { title, contentType = file.type as StartUploadInput['contentType'], onProgress, signal } = options;
  const { imageId, upload } = await client.startUpload({ contentType, bytes: file.size, title }, { signal });
  const request: Omit<PutRequest, 'signal'> = {
    ...{ fetch, url: upload.url, headers: upload.headers, file },
    onSent: (sentBytes) => onProgress?.({ sentBytes, totalBytes: file.size }),
  };
  const deadlineMs = performance.now() + TIME_LIMIT_MS;
  await within({ limitMs: TIME_LIMIT_MS, signal }, (over) =>
    repeat(() => putBytes({ ...request, signal: over }), { rules, deadlineMs, signal: over }),
  );
  return await client.finishUpload({ imageId }, { signal });
}
