import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { durationMsOf, planSong, type SongRequest } from './planSong.ts';

/** Makes songs in a process of its own and keeps what it made on disk. */
export interface Studio {
  /** The MP3 of this request; made at most once, however many ask for it. */
  sound(request: SongRequest): Promise<Buffer>;
  close(): Promise<void>;
}

const EDITION = 1; // raised when the same request is to sound different: older files are then left aside

const Rendered = z.object({ job: z.number(), mp3: z.instanceof(Uint8Array).optional(), error: z.string().optional() });

interface Waiting {
  resolve(mp3: Buffer): void;
  reject(error: Error): void;
}

/**
 * Opens a studio. Its process starts with the first song and does not keep the process alive while it idles.
 *
 * @param directory - where finished sounds are kept; without it nothing is kept
 */
export function openStudio(directory?: string): Studio {
  const renderer = openRenderer();
  const inWork = new Map<string, Promise<Buffer>>();
  let isClosed = false;

  async function make(request: SongRequest, name: string): Promise<Buffer> {
    if (directory === undefined) return renderer.render(request);
    const path = join(directory, name);
    const kept = await readFile(path).catch(() => undefined);
    if (kept !== undefined) return kept;
    if (isClosed) throw new Error('The studio is closed');
    const mp3 = await renderer.render(request);
    await mkdir(directory, { recursive: true });
    const draft = `${path}.${process.pid}.tmp`; // another process may make the same sound: the bytes are equal, the last rename wins
    await writeFile(draft, mp3);
    await rename(draft, path);
    return mp3;
  }

  function sound(request: SongRequest): Promise<Buffer> {
    const name = `${createHash('sha256')
      .update(JSON.stringify([EDITION, request.style, request.title, request.lyrics, request.seed, request.seconds]))
      .digest('hex')
      .slice(0, 32)}.mp3`;
    const making = inWork.get(name) ?? make(request, name).finally(() => inWork.delete(name));
    inWork.set(name, making);
    return making;
  }

  async function close() {
    isClosed = true;
    await renderer.close();
    await Promise.allSettled(inWork.values()); // nothing is written after this
  }

  return { sound, close };
}

/** Playing time of the file that `sound` gives for this request, known without making it. */
export function durationMs(request: SongRequest): number {
  return durationMsOf(planSong(request));
}

/** One child process, started when needed; one that dies fails what it had and is replaced with the next song. */
function openRenderer() {
  const waiting = new Map<number, Waiting>();
  let child: ChildProcess | undefined;
  let lastJob = 0;

  function start(): ChildProcess {
    const path = fileURLToPath(new URL('./soundProcess.ts', import.meta.url));
    const started = fork(path, { serialization: 'advanced', execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    started.on('message', (message: unknown) => {
      const { job, mp3, error } = Rendered.parse(message);
      const asked = waiting.get(job);
      waiting.delete(job);
      if (waiting.size === 0) letGo(started);
      if (mp3 === undefined) asked?.reject(new Error(`The sound could not be made: ${error}`));
      else asked?.resolve(Buffer.from(mp3.buffer, mp3.byteOffset, mp3.byteLength));
    });
    const end = () => {
      child = undefined;
      for (const asked of waiting.values()) asked.reject(new Error('The sound process ended'));
      waiting.clear();
    };
    started.once('error', end);
    started.once('exit', end);
    return started;
  }

  function render(request: SongRequest): Promise<Buffer> {
    child ??= start();
    hold(child);
    lastJob += 1;
    child.send({ job: lastJob, request });
    return new Promise((resolve, reject) => waiting.set(lastJob, { resolve, reject }));
  }

  async function close() {
    if (child === undefined) return;
    const ended = once(child, 'exit');
    hold(child);
    child.kill('SIGKILL');
    await ended;
  }

  return { render, close };
}

/** While it idles, the child does not keep this process alive; it ends by itself when this process does. */
function letGo(child: ChildProcess) {
  child.unref();
  child.channel?.unref();
}

function hold(child: ChildProcess) {
  child.ref();
  child.channel?.ref();
}
