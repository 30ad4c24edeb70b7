/** All functions behind one address, and the jobs that call some of them, as a process of its own. Its environment is theirs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { processFigures } from '#shared/figures';
import { startReporting } from '#shared/reporting';
import { config, functionsUrl, log, required, systemWorld } from '#shared/runtime';
import { projectFolder } from '../check/command.ts';
import { docsFiles } from '../docs/docsPage.ts';
import { OPEN_API_PATH } from '../generate/generatedFiles.ts';
import { loadEndpoints } from '../loadEndpoints.ts';
import { declareJobs } from './declareJobs.ts';
import { startFunctions } from './functions.ts';
import { isolatedFunctions } from './isolatedFunctions.ts';
import { servePart } from './processes/part.ts';
import { registeredFunctions } from './registeredFunctions.ts';

export interface FunctionsInput {
  port: number;
  /** Runs each function in processes of its own. */
  isolate?: { instances: number; source: string; logFolder: string };
}

export interface FunctionsReady {
  port: number;
  count: number;
}

/** For what is told last, to Sentry or a collector, where there is one. */
const LAST_WORDS_MS = 1_500;

process.on('unhandledRejection', (error) => log.error('unhandled_rejection', { error })); // as each does that is alone in its process

servePart<FunctionsInput, FunctionsReady>(async ({ port, isolate }) => {
  // Run by itself each function does it in its own process.
  const reporting = isolate ? undefined : startReporting('sori');
  const endpoints = await loadEndpoints();
  const names = endpoints.map(({ name }) => name);
  const pool = isolate ? isolatedFunctions({ names, ...isolate, report: (text) => console.error(text) }) : registeredFunctions(endpoints);
  await declareJobs(endpoints, jobSettings()); // first: whoever finds the functions finds the jobs that they nudge
  const host = await startFunctions(pool, port, await docsFiles(readFileSync(join(projectFolder, OPEN_API_PATH), 'utf8')));
  const close = async () => {
    await host.close();
    await Promise.all([processFigures(systemWorld).flush(), reporting?.flush(LAST_WORDS_MS)]);
  };
  return { ready: { port: host.port, count: names.length }, close };
});

function jobSettings() {
  const { GOOGLE_CLOUD_PROJECT, REGION, SERVICE_TIME_ZONE } = config();
  return {
    projectId: GOOGLE_CLOUD_PROJECT,
    region: REGION,
    timeZone: SERVICE_TIME_ZONE,
    functionsUrl: functionsUrl(),
    serviceAccount: required('SCHEDULER_SERVICE_ACCOUNT'),
    schedulerEndpoint: required('CLOUD_SCHEDULER_ENDPOINT'),
  };
}
