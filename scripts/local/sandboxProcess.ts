/** The TopMediai sandbox as a process of its own: computing sound must not hold up the others. */
import { servePart } from './processes/part.ts';
import { startSandbox } from './sandbox/index.ts';

export interface SandboxInput {
  directory: string;
  apiKey: string;
}

export interface SandboxReady {
  url: string;
}

servePart<SandboxInput, SandboxReady>(async (input) => {
  const sandbox = await startSandbox(input);
  return { ready: { url: sandbox.url }, close: sandbox.close };
});
