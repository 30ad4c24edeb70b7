import { FILES, type LookedUp, toFileRecord } from '#shared/files';
import { pagesOf } from '#shared/operations';

export interface FoundRecord {
  fileId: string;
  record: Exclude<LookedUp, undefined>;
}

/** Every record of a file, a page at a time. */
export async function* fileRecords(signal: AbortSignal): AsyncGenerator<FoundRecord[]> {
  for await (const page of pagesOf(FILES)) {
    signal.throwIfAborted();
    yield page.flatMap((snapshot) => {
      const record = toFileRecord(snapshot);
      return record ? [{ fileId: snapshot.id, record }] : [];
    });
  }
}
