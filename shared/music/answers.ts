/**
 * What the provider's answers mean. Each reader takes any JSON at all, and gives null when what was asked for is not in it.
 *
 * Shapes as they were seen from live accounts; the documentation shows others, and both are accepted.
 */
import { z } from 'zod';
import { cleaned } from './cleaned.ts';
import { envelopeOf, figure, word } from './envelope.ts';
import { MODELS, type ProviderTask } from './port.ts';

const URL_MAX = 4096;
const TITLE_MAX = 80;
const LYRICS_MAX = 10_000;
/** What is written for a person is to be sung: no model takes more. */
const WRITTEN_MAX = Math.max(...Object.values(MODELS).map(({ lyricsMax }) => lyricsMax));

// An id goes into a comma-separated list. A number beyond 2^53 has lost digits in JSON already, and names another song.
const TaskId = z.union([z.string(), z.number().int().transform(String)]).pipe(z.string().regex(/^[^\s,]{1,200}$/));
const taskIds = z.array(TaskId.nullable().catch(null)).catch([]);
const TaskIds = z.object({
  ids: taskIds,
  song_ids: taskIds,
  tracks: z
    .array(
      z
        .object({ id: TaskId })
        .transform(({ id }) => id as string | null)
        .catch(null),
    )
    .catch([]),
  task_id: TaskId.nullable().catch(null),
});

/** The ids of accepted tasks, in order, each once; an empty list when there are none. */
export function readTaskIds(body: unknown): string[] {
  const found = [envelopeOf(body)?.data, body].flatMap((place) => {
    const { data } = TaskIds.safeParse(place);
    return data ? [...data.ids, ...data.song_ids, ...data.tracks, data.task_id] : [];
  });
  return [...new Set(found.filter((id) => id !== null))];
}

const list = z.array(z.unknown());
const TaskList = z.union([
  list,
  z.object({ data: list }).transform(({ data }) => data),
  z.object({ data: z.object({ data: list }) }).transform(({ data }) => data.data),
]);

const Task = z.object({
  id: word,
  song_id: word,
  status: figure,
  duration: figure,
  audio_url: word,
  cover_url: word,
  title: word,
  lyric: word,
  lyrics: word,
  fail_code: word,
  fail_reason: word,
});
type Task = z.output<typeof Task>;

/** The tasks that were asked for, by the asked id; null when the answer holds no list. `show` makes the provider's words fit to be shown. */
export function readTasks(body: unknown, askedIds: string[], show: (text: string) => string): Map<string, ProviderTask> | null {
  const items = TaskList.safeParse(body).data;
  if (!items) return null;
  const tasks = items.flatMap((item) => Task.safeParse(item).data ?? []);
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const bySongId = new Map(tasks.map((task) => [task.song_id, task])); // the two were seen swapped
  return new Map(
    askedIds.flatMap((taskId) => {
      const task = byId.get(taskId) ?? bySongId.get(taskId);
      return task ? [[taskId, toProviderTask(taskId, task, show)] as const] : [];
    }),
  );
}

function toProviderTask(taskId: string, task: Task, show: (text: string) => string): ProviderTask {
  const durationMs = task.duration !== null && task.duration > 0 ? Math.max(1, Math.round(task.duration)) : null;
  const fields = {
    audioUrl: address(task.audio_url),
    coverUrl: address(task.cover_url),
    durationMs,
    title: textOrNull(task.title, { max: TITLE_MAX }),
    lyrics: textOrNull(task.lyric ?? task.lyrics, { max: LYRICS_MAX, multiline: true }),
  };
  const code = task.fail_code === '0' ? null : task.fail_code;
  if (code !== null || task.fail_reason !== null || hasFailed(task.status)) {
    const failure = { code: code === null ? null : show(code), text: task.fail_reason === null ? null : show(task.fail_reason) };
    return { taskId, state: 'failed', ...fields, failure };
  }
  return { taskId, state: progressOf(task.status, fields), ...fields, failure: null };
}

// The provider documents no meaning of the numbers; its own clients and those of others agree on these.
const FINISHED = 0;
const FAILED = 3;

function hasFailed(status: number | null): boolean {
  return status !== null && (status === FAILED || status < 0);
}

/** A link alone does not mean finished: it may be a stream that dies. Nor does the status: the length comes last. */
function progressOf(status: number | null, { audioUrl, durationMs }: Pick<ProviderTask, 'audioUrl' | 'durationMs'>) {
  if (audioUrl === null) return 'working';
  return status === FINISHED && durationMs !== null ? 'final' : 'preview';
}

function address(value: string | null): string | null {
  return value !== null && value.length <= URL_MAX ? value : null;
}

function textOrNull(value: string | null, bounds: Parameters<typeof cleaned>[1]): string | null {
  return value === null ? null : cleaned(value, bounds) || null;
}

const KeyInfo = z.object({ key_music_counts: figure });

/** Credits left, never less than 0. The answer also holds the key and its owner's e-mail: nothing else of it is read. */
export function readCredits(body: unknown): number | null {
  const [wrapped, bare] = [envelopeOf(body)?.data, body].map((place) => KeyInfo.safeParse(place).data?.key_music_counts ?? null);
  const credits = wrapped ?? bare ?? null;
  return credits === null ? null : Math.max(0, Math.floor(credits));
}

const Lyrics = z.object({ title: word, text: word, lyrics: word, lyric: word });

export function readLyrics(body: unknown): { title: string; lyrics: string } | null {
  const { data } = Lyrics.safeParse(envelopeOf(body)?.data);
  const lyrics = textOrNull(data?.text ?? data?.lyrics ?? data?.lyric ?? null, { max: WRITTEN_MAX, multiline: true });
  return lyrics === null ? null : { title: textOrNull(data?.title ?? null, { max: TITLE_MAX }) ?? '', lyrics };
}
