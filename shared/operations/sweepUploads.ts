/** The last part of a sweep: uploads that are over, or that nobody can finish any more. Their objects have gone, or go once they are old enough. */
import { z } from 'zod';
import { fromDocument, inParallel } from '#shared/runtime';
import { pagesOf } from './pagesOf.ts';
import type { Sweep } from './sweep.ts';

const Upload = z.object({ expireAt: z.iso.datetime() });

/** @param after - the last id that has been looked at */
export async function* sweepUploads({ world, bounds, isDryRun, counts }: Sweep, after?: string): AsyncGenerator<string> {
  for await (const page of pagesOf('uploads', undefined, after)) {
    const lapsed = page.filter((snapshot) => {
      const expireAt = Upload.safeParse(fromDocument(snapshot.data() ?? {})).data?.expireAt;
      return expireAt !== undefined && world.clock.now() - Date.parse(expireAt) > bounds.untouchedMs;
    });
    await inParallel(lapsed, bounds.atOnce, async ({ ref }) => {
      if (!isDryRun) await ref.delete();
      counts.uploadRecordsRemoved += 1;
    });
    yield page.at(-1)!.id;
  }
}
