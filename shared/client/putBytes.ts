import { noAnswer, SoriError } from './soriError.ts';

export interface PutRequest {
  fetch: typeof fetch;
  url: string;
  headers: Record<string, string>;
  file: Blob;
  onSent(bytes: number): void;
  signal: AbortSignal;
}

/** The object is there: a try before this one arrived, though its answer did not. What is there is judged by `finishUpload`. */
const THERE_ALREADY = 412;

/** Sends a file to the bucket, by XMLHttpRequest where there is one: it alone tells how far it is. @throws `no_answer`, `upload_refused` */
export async function putBytes(request: PutRequest): Promise<void> {
  request.onSent(0);
  const status = typeof XMLHttpRequest === 'undefined' ? await putByFetch(request) : await putByXhr(request);
  if ((status < 200 || status > 299) && status !== THERE_ALREADY) {
    const detail = `The bucket answered ${status}. The address for an upload is good for minutes only: start again.`;
    throw new SoriError({ code: 'upload_refused', status, title: 'The upload was refused', detail });
  }
  request.onSent(request.file.size);
}

async function putByFetch({ fetch, url, headers, file, signal }: PutRequest): Promise<number> {
  try {
    const { status } = await fetch(url, { method: 'PUT', headers, body: file, credentials: 'omit', signal });
    return status;
  } catch (error) {
    throw unreachable(error);
  }
}

function putByXhr({ url, headers, file, onSent, signal }: PutRequest): Promise<number> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    const abort = () => xhr.abort();
    xhr.open('PUT', url);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = ({ loaded }) => onSent(loaded);
    xhr.onload = () => resolve(xhr.status);
    xhr.onerror = () => reject(unreachable());
    xhr.onabort = () => reject(unreachable(signal.reason));
    xhr.onloadend = () => signal.removeEventListener('abort', abort);
    signal.addEventListener('abort', abort);
    xhr.send(file);
  });
}

function unreachable(cause?: unknown): SoriError {
  return noAnswer('The bucket could not be reached, or the connection broke.', cause);
}
