/** The TopMediai sandbox as a process of its own: computing sound must not hold up the others. */
import { servePart } from './processes/part.ts';
import { type SandboxOptions, startSandbox } from './sandbox/index.ts';
import { recordSandboxAddress } from './sandboxAddress.ts';

export interface SandboxInput extends Omit<SandboxOptions, 'clock'> {
  /** Where other programs look for its address, and the service that is going to use it. */
  record?: { directory: string; serviceUrl: string };
}

export interface SandboxReady {
  url: string;
}

servePart<SandboxInput, SandboxReady>(async ({ record, ...options }) => {
  const { url, close } = await startSandbox(options);
  if (record) recordSandboxAddress(record.directory, { url, serviceUrl: record.serviceUrl });
  return { ready: { url }, close };
});
