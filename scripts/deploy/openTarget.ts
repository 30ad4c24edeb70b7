/** Finds where to deploy to, and sets this process up for it. A rehearsal is started when none runs, and ends with us. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { closeDatabase } from '#shared/runtime';
import { projectFolder } from '../check/command.ts';
import type { Progress } from '../local/progress.ts';
import { findRehearsal, startRehearsal } from '../local/rehearsal/index.ts';
import { Releases } from './release.ts';
import { realTarget, rehearsedTarget, type Target } from './target.ts';

export interface Opened {
  target: Target;
  releases: Releases;
  /** Whether the rehearsal was asked nothing that no stand-in knows. */
  isFaithful(say: (text: string) => void): Promise<boolean>;
  /** Keeps what a rehearsal holds in memory. */
  save(): Promise<void>;
  close(): Promise<void>;
}

export async function openTarget(asked: { project: string | undefined; isRehearsal: boolean }, progress: Progress): Promise<Opened> {
  const data = resolve(process.env['SORI_DATA_DIR'] || join(projectFolder, '.sori'));
  const opened = asked.isRehearsal ? await openRehearsal(join(data, 'rehearsal'), progress) : openReal(asked.project ?? '', data);
  Object.assign(process.env, { LOG_LEVEL: 'silent', METADATA_SERVER_DETECTION: 'none' }, opened.target.environment, {
    LOG_LEVEL: 'silent',
  });
  progress.say(`To · 대상: ${opened.target.name}`);
  return opened;
}

function openReal(projectId: string, data: string): Opened {
  return {
    target: realTarget(projectId, projectFolder, process.env),
    releases: new Releases(join(data, 'releases', projectId)),
    isFaithful: () => Promise.resolve(true),
    save: () => Promise.resolve(),
    close: closeDatabase,
  };
}

async function openRehearsal(directory: string, progress: Progress): Promise<Opened> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const running = await findRehearsal(directory);
  const own = running ? undefined : await progress.step('starting the rehearsal', startRehearsal({ directory, outside: process.env }));
  const attached = running ?? own?.attached;
  if (!attached) throw new Error('The rehearsal does not start');
  return {
    target: rehearsedTarget(attached),
    releases: new Releases(join(directory, 'releases')),
    isFaithful: (say) => Promise.resolve(tellUnknown(directory, say)),
    save: () => own?.save() ?? Promise.resolve(),
    close: async () => {
      await closeDatabase();
      await own?.save();
      await own?.stop();
    },
  };
}

/** A call that no stand-in knows was refused; a rehearsal that had one proves nothing. */
function tellUnknown(directory: string, say: (text: string) => void): boolean {
  const file = join(directory, 'controlPlane', 'unknown.jsonl');
  if (!existsSync(file)) return true;
  const calls = [
    ...new Set(
      readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => callOf(line)),
    ),
  ];
  say(`✗ The rehearsal was asked what it does not know:\n    ${calls.join('\n    ')}\n    ${file}`);
  return false;
}

function callOf(line: string): string {
  const { method, api, path } = JSON.parse(line) as { method: string; api: string; path: string };
  return `${method} ${api}${path}`;
}
