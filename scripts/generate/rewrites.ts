/** `firebase.json`: its Hosting rewrites come from the definitions, the rest is kept as it is. */
import { z } from 'zod';
import type { RegisteredEndpoint } from '../loadEndpoints.ts';
import { stableJson } from './stableJson.ts';

const FirebaseJson = z.looseObject({ hosting: z.looseObject({}) });

/**
 * @param text - the file as it is
 * @returns the file as it must be
 */
export function withRewrites(text: string, endpoints: RegisteredEndpoint[]): string {
  const { hosting, ...rest } = FirebaseJson.parse(JSON.parse(text));
  return stableJson({ ...rest, hosting: { ...hosting, rewrites: rewritesOf(endpoints) } });
}

const UNKNOWN = 'answerUnknown';

/** No region in them: the CLI finds where each function is deployed. The Scheduler calls functions by their own addresses. */
function rewritesOf(endpoints: RegisteredEndpoint[]): object[] {
  const forClients = endpoints.filter(({ name, access }) => access !== 'scheduler' && name !== UNKNOWN);
  return [
    ...forClients.map(({ name }) => ({ source: `/v1/${name}`, function: { functionId: name } })),
    { source: '/v1/**', function: { functionId: UNKNOWN } },
  ];
}
