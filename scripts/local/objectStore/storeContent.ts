import type { Content } from './contentWriter.ts';
import type { NewObject, Storage } from './storage.ts';
import type { StoredObject } from './storedObject.ts';

/**
 * Makes a body an object, in one go. Whatever goes wrong, and also when the sender leaves half-way, nothing of it stays.
 *
 * @param check - looks at the finished content before it counts, and throws to refuse it
 */
export async function storeContent(
  storage: Storage,
  wish: NewObject,
  pieces: AsyncIterable<Buffer>,
  check: (content: Content) => void,
): Promise<StoredObject> {
  storage.checkNew(wish); // before the body, which may be long
  const writer = await storage.newContent();
  try {
    for await (const piece of pieces) await writer.write(piece);
    const content = await writer.finish();
    check(content);
    return await storage.putObject(wish, content);
  } catch (error) {
    await writer.discard();
    throw error;
  }
}
