import type { CallOptions, Page } from './call.ts';

type List = (input: Record<string, unknown>, options?: CallOptions) => Promise<unknown>;

/** Walks through all pages of a list. What is added or goes while one walks may be met or not; nothing is met twice. */
export async function* allPages(list: List, input: Record<string, unknown> = {}, options?: CallOptions): AsyncGenerator<unknown, void> {
  let cursor = input['cursor'];
  do {
    const page = (await list({ ...input, cursor }, options)) as Page;
    yield* page.items;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}
