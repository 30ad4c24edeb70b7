import { type Clock, type HttpAnswer, type HttpRequest, log, send, systemClock } from '#shared/runtime';
import { readCredits, readLyrics, readTaskIds, readTasks } from './answers.ts';
import { joinedStyle, type MusicProvider, type ProviderTask, type SongRequest } from './port.ts';
import { faultOfAnswer, faultOfSilence, ProviderFault, shown } from './providerFault.ts';

export interface TopMediaiSettings {
  baseUrl: string;
  apiKey: string;
  /** Limit of each whole exchange. */
  timeouts?: Partial<Timeouts>;
  /** Only to read a `Retry-After` that is a date. */
  clock?: Clock;
}

interface Timeouts {
  submitMs: number;
  tasksMs: number;
  creditsMs: number;
  lyricsMs: number;
}

const TIMEOUTS: Timeouts = { submitMs: 30_000, tasksMs: 15_000, creditsMs: 10_000, lyricsMs: 20_000 };

const IDS_PER_CALL = 40; // no limit is stated; this keeps the address short
const TASKS_MAX_BYTES = 4 * 1024 * 1024; // each task brings its lyrics along

type Call = Pick<HttpRequest, 'method' | 'query' | 'body' | 'timeoutMs' | 'maxBytes' | 'signal' | 'fresh'>;

/**
 * TopMediai's music API, version 3, with version 1 for lyrics and key information.
 *
 * Each method makes its call once; `getTasks` one for every 40 ids, and smaller ones when the provider refuses an id. Nothing is
 * repeated in here.
 */
export function topMediai({ baseUrl, apiKey, timeouts, clock = systemClock }: TopMediaiSettings): MusicProvider {
  const base = baseUrl.replace(/\/+$/, '');
  const limits = { ...TIMEOUTS, ...timeouts };
  const show = (text: string) => shown(text, apiKey);

  async function call(path: string, request: Call): Promise<HttpAnswer> {
    const answer = await send({ url: base + path, headers: { 'x-api-key': apiKey }, ...request }).catch((error: unknown) => {
      throw faultOfSilence(error);
    });
    const fault = faultOfAnswer({ answer, sent: JSON.stringify(request.body ?? {}), apiKey, now: clock.now() });
    if (fault) throw fault;
    return answer;
  }

  async function getTasksAtOnce(taskIds: string[]): Promise<Map<string, ProviderTask>> {
    const query = { ids: taskIds.join(',') };
    const answer = await call('/v3/music/tasks', { method: 'GET', query, timeoutMs: limits.tasksMs, maxBytes: TASKS_MAX_BYTES });
    return readTasks(answer.data, taskIds, show) ?? lacking('tasks', answer);
  }

  return {
    async submit(request, { signal }) {
      const options = {
        method: 'POST',
        body: toBody(request),
        timeoutMs: limits.submitMs,
        fresh: true,
        ...(signal ? { signal } : {}),
      } as const;
      const answer = await call('/v3/music/generate', options);
      const taskIds = readTaskIds(answer.data);
      return taskIds.length > 0 ? { taskIds } : lacking('ids', answer);
    },

    getTasks: (taskIds) => read(() => inCalls(taskIds, (some) => apart(some, getTasksAtOnce))),

    getCredits: () =>
      read(async () => {
        const answer = await call('/v1/get_api_key_info', { method: 'GET', timeoutMs: limits.creditsMs });
        return readCredits(answer.data) ?? lacking('count', answer);
      }),

    async writeLyrics(prompt) {
      const answer = await call('/v1/lyrics', { method: 'POST', body: { prompt }, timeoutMs: limits.lyricsMs });
      return readLyrics(answer.data) ?? lacking('lyrics', answer);
    },
  };
}

type Ask = (taskIds: string[]) => Promise<Map<string, ProviderTask>>;

/** One id that the provider does not like must not hide how the others stand. */
async function apart(taskIds: string[], ask: Ask): Promise<Map<string, ProviderTask>> {
  try {
    return await ask(taskIds);
  } catch (error) {
    if (!(error instanceof ProviderFault) || error.kind !== 'invalid_request') throw error;
    log.warn('provider_ids_refused', { count: taskIds.length, reason: error.reason });
    if (taskIds.length === 1) return new Map();
    const half = Math.ceil(taskIds.length / 2);
    return new Map([...(await apart(taskIds.slice(0, half), ask)), ...(await apart(taskIds.slice(half), ask))]);
  }
}

async function inCalls(taskIds: string[], ask: Ask): Promise<Map<string, ProviderTask>> {
  const found = new Map<string, ProviderTask>();
  for (let from = 0; from < taskIds.length; from += IDS_PER_CALL) {
    for (const [taskId, task] of await ask(taskIds.slice(from, from + IDS_PER_CALL))) found.set(taskId, task);
  }
  return found;
}

/** The request in the provider's fields. In `auto` it writes the lyrics itself; there `style` is all that it is told. */
function toBody(request: SongRequest): object {
  const common = {
    style: joinedStyle(request),
    mv: request.model,
    instrumental: request.instrumental ? 1 : 0,
    gender: request.voice === 'any' ? '' : request.voice,
  };
  if (request.lyrics === null) return { action: 'auto', ...common };
  return { action: 'custom', ...common, title: request.title ?? '', lyrics: request.lyrics };
}

/** It says success, and what it must hold is not there: nobody can tell what has happened. */
function lacking(what: string, { status }: HttpAnswer): never {
  throw new ProviderFault('unknown', { reason: `HTTP ${status} without ${what}` });
}

/** A read changes nothing, so its faults mean that it is asked again later; some say when. */
async function read<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ProviderFault)) throw error;
    const kind = error.kind === 'rate_limited' ? error.kind : 'unavailable';
    throw new ProviderFault(kind, { reason: error.reason, retryAfterS: error.retryAfterS });
  }
}
