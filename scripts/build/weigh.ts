/** What a function weighs: what is read at its start, and what it can load besides. */
import type { Metafile } from 'esbuild';
import { EXTERNAL, entryPath } from './bundleFunctions.ts';

export interface Weight {
  name: string;
  /** Its entry, and what that imports before the server listens. */
  startBytes: number;
  /** The packages in that, the heaviest first. */
  startPackages: { name: string; bytes: number }[];
  /** What it may load later. */
  laterBytes: number;
  /** Unbundled packages that it reaches. */
  external: string[];
}

type Output = Metafile['outputs'][string];

export function weigh({ outputs }: Metafile, name: string): Weight {
  const entry = Object.keys(outputs).find((path) => path.endsWith(`/${entryPath(name)}`)) ?? '';
  const atStart = reach(outputs, entry, ({ kind }) => kind !== 'dynamic-import');
  const ever = reach(outputs, entry, () => true);
  const startBytes = sum(outputs, atStart);
  const startPackages = packagesIn([...atStart].flatMap((path) => outputs[path] ?? []));
  const imports = [...ever].flatMap((path) => outputs[path]?.imports ?? []);
  const external = EXTERNAL.filter((dependency) => imports.some(({ path }) => path === dependency || path.startsWith(`${dependency}/`)));
  return { name, startBytes, startPackages, laterBytes: sum(outputs, ever) - startBytes, external };
}

function reach(outputs: Metafile['outputs'], from: string, follows: (link: Output['imports'][number]) => boolean): Set<string> {
  const seen = new Set<string>();
  const waiting = [from];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const output = outputs[path];
    if (!output || seen.has(path)) continue;
    seen.add(path);
    waiting.push(...output.imports.filter((link) => !link.external && follows(link)).map((link) => link.path));
  }
  return seen;
}

function sum(outputs: Metafile['outputs'], paths: Set<string>): number {
  return [...paths].reduce((bytes, path) => bytes + (outputs[path]?.bytes ?? 0), 0);
}

function packagesIn(outputs: Output[]): Weight['startPackages'] {
  const bytesOf = new Map<string, number>();
  for (const [path, { bytesInOutput }] of outputs.flatMap(({ inputs }) => Object.entries(inputs))) {
    const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? 'sori';
    if (bytesInOutput > 0) bytesOf.set(name, (bytesOf.get(name) ?? 0) + bytesInOutput);
  }
  return [...bytesOf].map(([name, bytes]) => ({ name, bytes })).sort((left, right) => right.bytes - left.bytes);
}
