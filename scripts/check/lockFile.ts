/**
 * What must hold of `package-lock.json`, so that `npm ci` repeats an install on every system.
 *
 * A registry that lacks a package of another platform makes `npm install` leave it out of the lock without a word, and `npm ci`
 * then refuses that lock ("Missing: … from lock file"). A stub with version and platform is enough: npm skips it where the
 * platform differs, and fetches it by name and version where it fits.
 */
import { z } from 'zod';

const Entry = z.looseObject({
  version: z.string().optional(),
  dev: z.boolean().optional(),
  extraneous: z.boolean().optional(),
  resolved: z.string().optional(),
  optionalDependencies: z.record(z.string(), z.string()).optional(),
});

const LockFile = z.looseObject({ packages: z.record(z.string(), Entry) });

type Entry = z.output<typeof Entry>;
export type LockFile = z.output<typeof LockFile>;

/** Reads the text of a lock file. @throws {z.ZodError} when it is not one */
export function parseLock(json: string): LockFile {
  const lock: unknown = JSON.parse(json);
  LockFile.parse(lock);
  return lock as LockFile; // not what zod gives back: it orders the keys anew, and every entry would change
}

/** The same lock with a stub for each optional package that is missing, without left-overs and without addresses of a registry. */
export function completeLock(lock: LockFile): LockFile {
  const kept = Object.entries(lock.packages)
    .filter(([, entry]) => !entry.extraneous)
    .map(([path, entry]): [string, Entry] => [path, withoutAddress(entry)]);
  const packages = Object.fromEntries(kept);
  for (const missing of missingOptionals(packages)) packages[missing.path] = missing.stub;
  return { ...lock, packages: sortedByPath(packages) };
}

/** Every reason why this lock is not fit to be committed; none when `completeLock` would change nothing. */
export function lockFaults(lock: LockFile): string[] {
  const entries = Object.entries(lock.packages);
  return [
    ...missingOptionals(lock.packages).map(({ path, stub }) => `${path}@${stub.version} is missing`),
    ...entries.filter(([, entry]) => entry.extraneous).map(([path]) => `${path} is a left-over`),
    ...entries.filter(([, entry]) => isAddress(entry.resolved)).map(([path]) => `${path} holds the address of a registry`),
  ];
}

function missingOptionals(packages: Record<string, Entry>): { path: string; stub: Entry }[] {
  return Object.entries(packages).flatMap(([owner, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name, range]) => !isServed(packages, owner, name, range))
      .map(([name, range]) => ({ path: freePath(packages, owner, name), stub: stub(name, range, entry.dev) })),
  );
}

/** As Node resolves: the package's own folder first, then each folder above. */
function isServed(packages: Record<string, Entry>, owner: string, name: string, range: string): boolean {
  const nearest = foldersUp(owner)
    .map((folder) => packages[join(folder, name)])
    .find((entry) => entry !== undefined && !entry.extraneous);
  return nearest !== undefined && (isRange(range) || nearest.version === range);
}

/** The top, where npm would put it, unless another version stands there. */
function freePath(packages: Record<string, Entry>, owner: string, name: string): string {
  const top = join('', name);
  return packages[top] === undefined ? top : join(owner, name);
}

function foldersUp(path: string): string[] {
  if (path === '') return [''];
  const parent = path.slice(0, Math.max(path.lastIndexOf('/node_modules/'), 0));
  return [path, ...foldersUp(parent)];
}

function join(folder: string, name: string): string {
  return `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
}

function stub(name: string, range: string, dev: boolean | undefined): Entry {
  const entry = { version: range.replace(/^[\^~]/, ''), ...platformOf(name), ...(dev ? { dev } : {}), optional: true };
  const { version, ...rest } = entry;
  return { version, ...Object.fromEntries(Object.entries(rest).sort()) }; // npm's order, so that it finds nothing to rewrite
}

function isRange(range: string): boolean {
  return !/^\d/.test(range);
}

// The words with which package names tell a platform, in npm's terms: those of process.platform and process.arch.
const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'aix', 'win32'];
const PROCESSORS = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

/** Where a package runs, read off its name: `@swc/core-linux-x64-gnu` is for linux, x64 and glibc. */
export function platformOf(name: string): { os?: string[]; cpu?: string[]; libc?: string[] } {
  const words = name.split(/[-/]/);
  const system = SYSTEMS.find((word) => words.includes(word));
  const processor = PROCESSORS.find((word) => words.includes(word));
  const isMusl = words.some((word) => word.startsWith('musl'));
  const isGlibc = words.some((word) => word.startsWith('gnu'));
  const cpu = processor ? { cpu: [processor] } : {};
  const libc = isMusl ? { libc: ['musl'] } : isGlibc ? { libc: ['glibc'] } : {};
  if (!system && !processor) return { os: ['!linux'] }; // it was not to be had on Linux: npm need not look for it there
  return { ...(system ? { os: [system] } : {}), ...cpu, ...libc };
}

function withoutAddress({ resolved, ...entry }: Entry): Entry {
  return resolved === undefined || isAddress(resolved) ? entry : { ...entry, resolved };
}

function isAddress(resolved: string | undefined): boolean {
  return /^https?:/.test(resolved ?? '');
}

function sortedByPath(packages: Record<string, Entry>): Record<string, Entry> {
  return Object.fromEntries(Object.entries(packages).sort(([left], [right]) => left.localeCompare(right, 'en')));
}
