import { type FileHandle, mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { Job } from './job.ts';

const File = z.strictObject({ jobs: z.array(Job) });

/**
 * All jobs, in memory and in one JSON file.
 *
 * The file is replaced as a whole (written beside, synced, renamed), so a crash leaves the old or the new one. Writes that
 * come while one is under way share the next.
 */
export class JobStore {
  readonly #file: string;
  readonly #jobs: Map<string, Job>;
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  private constructor(file: string, jobs: Job[]) {
    this.#file = file;
    this.#jobs = new Map(jobs.map((job) => [job.name, job]));
  }

  /** Reads the file, if there is one. @throws when it does not hold jobs */
  static async open(file: string): Promise<JobStore> {
    await mkdir(dirname(file), { recursive: true });
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '{"jobs":[]}';
      throw error;
    });
    return new JobStore(file, parseFile(file, text));
  }

  get(name: string): Job | undefined {
    return this.#jobs.get(name);
  }

  /** Jobs of a location (`projects/P/locations/L`), or all, in the order of their names. */
  list(parent?: string): Job[] {
    const jobs = [...this.#jobs.values()].filter((job) => parent === undefined || job.name.startsWith(`${parent}/jobs/`));
    return jobs.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Holds at once in memory; resolves when the file holds it too. */
  put(job: Job): Promise<void> {
    this.#jobs.set(job.name, job);
    return this.#save();
  }

  delete(name: string): Promise<void> {
    this.#jobs.delete(name);
    return this.#save();
  }

  #save(): Promise<void> {
    this.#next ??= this.#writing
      .catch(() => undefined) // it was told to those who waited for that write
      .then(() => {
        this.#next = undefined;
        this.#writing = replaceFile(this.#file, `${JSON.stringify({ jobs: this.list() }, null, 2)}\n`);
        return this.#writing;
      });
    return this.#next;
  }
}

function parseFile(file: string, text: string): Job[] {
  try {
    return File.parse(JSON.parse(text)).jobs;
  } catch (cause) {
    throw new Error(`${file} does not hold the scheduler's jobs; move it away to start without any.`, { cause });
  }
}

async function replaceFile(file: string, text: string): Promise<void> {
  const beside = `${file}.new`;
  await using written = await open(beside, 'w');
  await written.writeFile(text);
  await written.sync();
  await rename(beside, file);
  await using folder: FileHandle = await open(dirname(file)); // the new name lasts only once its folder is synced
  await folder.sync();
}
