/** Songs that the provider has accepted: asks how they stand, all of the batch in one call, and stores what is finished. */
import { ProviderFault, type ProviderTask } from '#shared/music';
import { log } from '#shared/runtime';
import { archiveAudio } from './archiveAudio.ts';
import { archiveCover } from './archiveCover.ts';
import { commit, type Lease, LeaseLost, Stopped } from './lease.ts';
import { countFailure, countSuccess, type Gate } from './providerGate.ts';
import { handOver, hear, hold, putBack } from './transitions.ts';
import type { Work, WorkSong } from './work.ts';
import type { Worker } from './worker.ts';

interface Answer {
  tasks: Map<string, ProviderTask>;
  /** How long the provider wants to be left alone. */
  waitMs: number;
}

/** @returns a step for each. They wait for one answer, then each goes on by itself; none rejects */
export function followUp(worker: Worker, leases: Lease<Work>[], gate: Gate): Promise<void>[] {
  if (leases.length === 0) return [];
  const answer = askProvider(worker, leases, gate);
  return leases.map((lease) => advance(worker, lease, answer));
}

/** Whatever goes wrong, it is asked again within the time that the provider has. */
async function askProvider(worker: Worker, leases: Lease<Work>[], gate: Gate): Promise<Answer> {
  const taskIds = leases.flatMap(({ record }) => record.songs.filter(isExpected).map(({ taskId }) => taskId));
  const nothing = { tasks: new Map<string, ProviderTask>(), waitMs: 0 };
  if (taskIds.length === 0 || !gate.provider.isUp) return nothing;
  try {
    const tasks = await worker.provider.getTasks(taskIds);
    await countSuccess(worker, 'follow', gate);
    return { tasks, waitMs: 0 };
  } catch (error) {
    if (!(error instanceof ProviderFault)) throw error;
    log.warn('provider_poll_failed', { kind: error.kind, reason: error.reason });
    if (error.kind === 'rate_limited') return { ...nothing, waitMs: (error.retryAfterS ?? 0) * 1000 };
    await countFailure(worker, 'follow');
    return nothing;
  }
}

/** The provider still has something of it that we have not. */
function isExpected({ state, coverDueAt }: WorkSong): boolean {
  return state === 'making' || state === 'finished' || coverDueAt !== null;
}

async function advance(worker: Worker, lease: Lease<Work>, answer: Promise<Answer>): Promise<void> {
  try {
    await storeWhatCame(worker, lease, await answer);
  } catch (error) {
    if (error instanceof LeaseLost) log.info('lease_lost', { generationId: lease.id });
    else if (error instanceof Stopped) await giveBack(worker, lease);
    else log.warn('generation_step_failed', { generationId: lease.id, error });
  }
}

async function storeWhatCame(worker: Worker, lease: Lease<Work>, answer: Answer): Promise<void> {
  const { world, bounds } = worker;
  let jobs: Job[] = [];
  await commit(lease, world, (work, now) => {
    const heard = hear(work, answer, now, bounds);
    jobs = jobsOf(heard.work, answer.tasks, now);
    return jobs.length > 0 ? hold(heard, now, bounds) : heard;
  });
  if (jobs.length === 0) return;
  const ends = await Promise.allSettled(jobs.map((job) => store(worker, lease, job)));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
  await commit(lease, world, (work, now) => putBack(work, now, bounds));
}

function store(worker: Worker, lease: Lease<Work>, { song, task, wants }: Job): Promise<void> {
  if (wants === 'audio' && task) return archiveAudio(worker, lease, song, task);
  return archiveCover(worker, lease, song, task?.coverUrl ?? null);
}

/** Nobody need wait for the lease of a worker that was told to stop. */
async function giveBack({ world }: Worker, lease: Lease<Work>): Promise<void> {
  await commit(lease, world, handOver).catch((error: unknown) => log.info('lease_not_given_back', { generationId: lease.id, error }));
}

interface Job {
  song: WorkSong;
  task: ProviderTask | undefined;
  wants: 'audio' | 'cover';
}

/** What can be stored now. A cover that does not come in time is drawn. */
function jobsOf({ songs }: Work, tasks: Answer['tasks'], now: Date): Job[] {
  return songs.flatMap((song): Job[] => {
    const { taskId, state, coverDueAt } = song;
    const task = tasks.get(taskId);
    if (state === 'finished' && task?.state === 'final') return [{ song, task, wants: 'audio' }];
    const hasCoverNow = coverDueAt !== null && (Boolean(task?.coverUrl) || Date.parse(coverDueAt) <= now.getTime());
    return state === 'ready' && hasCoverNow ? [{ song, task, wants: 'cover' }] : [];
  });
}
