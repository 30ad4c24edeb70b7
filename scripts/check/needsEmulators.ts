import { reachable } from './importGraph.ts';

const EMULATORS = /^(tests\/support\/emulators\.ts|scripts\/local\/emulators\/)/;

/** Whether a test file reaches the emulators, directly or through whatever it imports. */
export function needsEmulators(graph: Map<string, string[]>, testFile: string): boolean {
  return [...reachable(graph, testFile)].some((path) => EMULATORS.test(path));
}
