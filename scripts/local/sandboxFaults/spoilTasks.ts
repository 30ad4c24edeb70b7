import type { TaskItem } from '../sandbox/songLife.ts';
import { addressOf } from './addresses.ts';
import type { Struck } from './faults.ts';

/** The whole `data` of a poll, changed by the faults that strike it. */
export function spoilTasks(items: readonly TaskItem[], struck: Struck, sandboxUrl: string): Partial<TaskItem>[] {
  const kept = struck.has('forgetsIds') ? [] : spoilOrder(items, struck);
  return kept.map((item) => spoilTask({ ...item }, struck, sandboxUrl));
}

/** Tasks, or ids, after the faults that leave out or reorder. */
export function spoilOrder<Item>(items: readonly Item[], struck: Struck): Item[] {
  const kept = struck.has('forgetsFirst') ? items.slice(1) : [...items];
  return struck.has('otherOrder') ? kept.reverse() : kept;
}

function spoilTask(item: TaskItem, struck: Struck, sandboxUrl: string): Partial<TaskItem> {
  const audio = struck.find('audioUrl');
  const cover = struck.find('coverUrl');
  if (audio && item.status === 0 && item.audio_url !== '') item.audio_url = addressOf(audio.url, sandboxUrl);
  if (cover && item.cover_url !== '') item.cover_url = addressOf(cover.url, sandboxUrl);
  if (struck.has('failCodeZero')) item.fail_code ??= 0;
  if (struck.has('failCodeEmpty')) Object.assign(item, { fail_code: item.fail_code ?? '', fail_reason: item.fail_reason ?? '' });
  if (struck.has('swappedIds')) [item.id, item.song_id] = [item.song_id, item.id];
  if (struck.has('numericIds')) item.id = Number(item.id);
  if (struck.has('numericStrings')) Object.assign(item, { status: String(item.status), duration: String(item.duration) });
  if (struck.has('nullFields')) return withoutUnset(item, null);
  return struck.has('absentFields') ? withoutUnset(item, undefined) : item;
}

/** JSON leaves out what is undefined. */
function withoutUnset(item: TaskItem, instead: null | undefined): Partial<TaskItem> {
  return Object.fromEntries(Object.entries(item).map(([key, value]) => [key, value === '' ? instead : value]));
}
