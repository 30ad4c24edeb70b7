/** The source that is uploaded for the functions: looked at, as nobody does on the way to Google, and unpacked to be run. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve, sep } from 'node:path';
import { z } from 'zod';
import { invalid } from './route.ts';
import { readZip, type ZipEntry } from './zip.ts';

/** Nothing else belongs into it. */
const ALLOWED = [
  /^index\.js$/,
  /^package\.json$/,
  /^functions\.yaml$/,
  /^functions\/\w+\.js$/,
  /^chunks\/[\w-]+\.js$/,
  /^\.env\.[a-z][a-z0-9-]+$/,
];
const RUNTIME_DEPENDENCIES = ['@google-cloud/functions-framework', 'sharp'];
const PRIVATE_KEY = /-----BEGIN (RSA |EC )?PRIVATE KEY-----\s*[\w+/\\]{40}/;
const SECRET_LINE = /^\s*(JWT_SECRET|BACKUP_SECRET|TOPMEDIAI_API_KEY|ALERT_WEBHOOK_URL|GCS_KEY_FILE)\s*=/m;

const Package = z.object({
  dependencies: z.record(z.string(), z.string()),
  devDependencies: z.never().optional(),
  engines: z.object({ node: z.literal('24') }),
});

/** @throws {Refusal} for a source with anything in it that must not be deployed */
export function keepSource(archive: Buffer, folder: string): { digest: string; files: number } {
  const entries = readZip(archive);
  const faults = entries.flatMap(faultsOf);
  if (faults.length > 0) throw invalid(`The uploaded source holds what must not be deployed: ${faults.join('; ')}`);
  const hash = createHash('sha256');
  for (const { path, content } of [...entries].sort((a, b) => (a.path < b.path ? -1 : 1))) hash.update(`${path}\0`).update(content);
  const digest = hash.digest('hex').slice(0, 32);
  if (!existsSync(join(folder, digest))) unpack(entries, join(folder, digest));
  return { digest, files: entries.length };
}

function faultsOf({ path, content }: ZipEntry): string[] {
  if (!ALLOWED.some((pattern) => pattern.test(path))) return [`${path}: no file of the build`];
  const text = content.toString('utf8');
  if (PRIVATE_KEY.test(text)) return [`${path}: a private key`];
  if (path.startsWith('.env.') && SECRET_LINE.test(text)) return [`${path}: a secret among the settings`];
  if (path !== 'package.json') return [];
  const read = Package.safeParse(JSON.parse(text));
  if (!read.success) return ['package.json: not that of the functions'];
  return Object.keys(read.data.dependencies)
    .filter((name) => !RUNTIME_DEPENDENCIES.includes(name))
    .map((name) => `package.json: ${name} is no dependency of the functions`);
}

/** Beside it stand the packages that Google would install, and no others. */
function unpack(entries: ZipEntry[], folder: string): void {
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  for (const { path, content } of entries) {
    const target = resolve(unfinished, path);
    if (!target.startsWith(unfinished + sep)) throw invalid(`${path} leaves the folder`);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
  const find = createRequire(import.meta.url).resolve;
  for (const name of RUNTIME_DEPENDENCIES) {
    const link = join(unfinished, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    const [root = ''] = find(name).split(join('node_modules', name));
    symlinkSync(join(root, 'node_modules', name), link, 'dir');
  }
  renameSync(unfinished, folder);
}
