import { posix } from 'node:path';
import type { SourceFile } from './readSource.ts';

/** The file of ours that an import leads to, by its path from the project's folder; `undefined` for packages and Node's own modules. */
export function resolveImport(importer: string, specifier: string): string | undefined {
  if (specifier.startsWith('#shared/')) return `shared/${specifier.slice('#shared/'.length)}/index.ts`;
  if (!specifier.startsWith('.')) return undefined;
  return posix.normalize(posix.join(posix.dirname(importer), specifier));
}

/** Every file's imports of our own files. */
export function importGraph(files: SourceFile[]): Map<string, string[]> {
  return new Map(files.map(({ path, imports }) => [path, imports.flatMap(({ from }) => resolveImport(path, from) ?? [])]));
}

/** The files that these ones load, directly or through others, and themselves. */
export function reachable(graph: Map<string, string[]>, from: string): Set<string> {
  const seen = new Set<string>();
  const waiting = [from];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    waiting.push(...(graph.get(path) ?? []));
  }
  return seen;
}

/** Each set of files that import each other in a ring, once, in the order of the ring. */
export function findCycles(graph: Map<string, string[]>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();

  function follow(path: string, trail: string[]): void {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push(trail.slice(start));
    if (start >= 0 || done.has(path)) return;
    for (const next of graph.get(path) ?? []) follow(next, [...trail, path]);
    done.add(path);
  }

  for (const path of graph.keys()) follow(path, []);
  return cycles;
}
