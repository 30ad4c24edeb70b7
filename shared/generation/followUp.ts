/** Songs that the provider has accepted: asks how they stand, all of the batch in one call, and stores what is finished. */
import { ProviderFault, type ProviderTask } from '#shared/music';
import { log } from '#shared/runtime';
import { archiveAudio } from './archiveAudio.ts';
import { archiveCover } from './archiveCover.ts';
import { commit, type Lease, LeaseLost } from './store.ts';
import { hear, hold, putBack } from './transitions.ts';
import type { Work, WorkSong } from './work.ts';
import type { Worker } from './worker.ts';

type Tasks = Map<string, ProviderTask>;

export async function followUp(worker: Worker, leases: Lease<Work>[]): Promise<void> {
  if (leases.length === 0) return;
  const tasks = await askProvider(worker, leases);
  await Promise.all(leases.map((lease) => advance(worker, lease, tasks)));
}

/** Whatever goes wrong, it is asked again within the time that the provider has. */
async function askProvider({ provider }: Worker, leases: Lease<Work>[]): Promise<Tasks> {
  const taskIds = leases.flatMap(({ record }) => record.songs.filter((song) => song.state !== 'failed').map(({ taskId }) => taskId));
  try {
    return await provider.getTasks(taskIds);
  } catch (error) {
    if (!(error instanceof ProviderFault)) throw error;
    log.warn('provider_poll_failed', { kind: error.kind, reason: error.reason });
    return new Map();
  }
}

async function advance(worker: Worker, lease: Lease<Work>, tasks: Tasks): Promise<void> {
  const { world, bounds } = worker;
  try {
    await commit(lease, world, (work, now) => {
      const heard = hear(work, tasks, now, bounds);
      return jobsOf(heard.work, tasks, now).length > 0 ? hold(heard, now, bounds) : heard;
    });
    const jobs = jobsOf(lease.record, tasks, new Date(world.clock.now()));
    for (const { song, task, wants } of jobs) {
      if (wants === 'audio' && task) await archiveAudio(worker, lease, song.songId, task);
      if (wants === 'cover') await archiveCover(worker, lease, song, task?.coverUrl ?? null);
    }
    if (jobs.length > 0) await commit(lease, world, (work, now) => putBack(work, now, bounds));
  } catch (error) {
    if (error instanceof LeaseLost) log.info('lease_lost', { generationId: lease.id });
    else log.warn('generation_step_failed', { generationId: lease.id, error });
  }
}

interface Job {
  song: WorkSong;
  task: ProviderTask | undefined;
  wants: 'audio' | 'cover';
}

/** What can be stored now. A cover that does not come in time is drawn. */
function jobsOf({ songs }: Work, tasks: Tasks, now: Date): Job[] {
  return songs.flatMap((song): Job[] => {
    const { taskId, state, coverDueAt } = song;
    const task = tasks.get(taskId);
    if (state === 'finished' && task?.state === 'final') return [{ song, task, wants: 'audio' }];
    const hasCoverNow = coverDueAt !== null && (Boolean(task?.coverUrl) || Date.parse(coverDueAt) <= now.getTime());
    return state === 'ready' && hasCoverNow ? [{ song, task, wants: 'cover' }] : [];
  });
}
