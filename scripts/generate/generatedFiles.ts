import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectFolder } from '../check/command.ts';
import { SCALING_PATH, scalingPage } from '../cost/scaling/scalingPage.ts';
import { loadEndpoints } from '../loadEndpoints.ts';
import { clientSource } from './clientSource.ts';
import { manifestText } from './manifest.ts';
import { openApi } from './openApi.ts';
import { withRewrites } from './rewrites.ts';
import { readNamedSchemas } from './schemas.ts';
import { stableJson } from './stableJson.ts';
import { endpointsTable, errorsTable } from './tables.ts';

/** Where the OpenAPI document stands; `getOpenApi` imports it, so it must be there, in whatever state, before endpoints are loaded. */
export const OPEN_API_PATH = 'docs/openapi.json';

/** Every generated file as it must be, by its path from the project's folder. Only the definitions decide: they hold no date. */
export async function generatedFiles(): Promise<Map<string, string>> {
  const endpoints = await loadEndpoints();
  const named = await readNamedSchemas();
  const firebaseJson = await readFile(join(projectFolder, 'firebase.json'), 'utf8');
  return new Map([
    [OPEN_API_PATH, stableJson(await openApi(endpoints, named))],
    ['shared/client/functions.generated.ts', clientSource(endpoints, named)],
    ['docs/endpoints.md', endpointsTable(endpoints)],
    ['docs/errors.md', errorsTable(endpoints)],
    [SCALING_PATH, await scalingPage(endpoints)],
    ['functions.yaml', manifestText(endpoints)],
    ['firebase.json', withRewrites(firebaseJson, endpoints)],
  ]);
}
