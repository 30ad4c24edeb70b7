/** What recurring work asks for, as `npm run cost -- --measure` has stored it in `docs/measured/jobs.json`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { projectFolder } from '../check/command.ts';

const Work = z.strictObject({
  /** From its beginning to its end. */
  ms: z.number().nonnegative(),
  /** Of that, what a whole processor was busy with it. */
  cpuMs: z.number().nonnegative(),
  /** Documents, as Firestore bills them; a deletion is a write here. */
  reads: z.number().nonnegative(),
  writes: z.number().nonnegative(),
});
export type Work = z.output<typeof Work>;

export const JobWork = z.strictObject({
  measuredOn: z.iso.date(),
  /** One run of each job with nothing to do: the median of several. */
  idle: z.record(z.string(), Work),
  /** What one more minute's figures of a process cost `watchService`. */
  figuresDocument: Work,
  /** One request for songs, from its first step to its last, besides what idle runs ask for. */
  generation: Work,
  /** How long the provider took for its songs. */
  providerS: z.number().positive(),
  /** What one more song costs the nightly sweep. */
  sweptSong: Work,
});
export type JobWork = z.output<typeof JobWork>;

export const JOB_WORK_FILE = 'docs/measured/jobs.json';

/** @throws when the file is missing or is not what was stored */
export function readJobWork(): JobWork {
  return JobWork.parse(JSON.parse(readFileSync(join(projectFolder, JOB_WORK_FILE), 'utf8')));
}
