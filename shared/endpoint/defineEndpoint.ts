/**
 * One definition per endpoint. It feeds validation, types, sign-in, authorisation, limits, cache headers, OpenAPI, the deploy
 * manifest, Hosting rewrites, the tables in docs and the generated tests. Nothing about an endpoint is written twice.
 */
import type { z } from 'zod';
import type { Access, Needs } from '#shared/access';
import { checkDefinition } from './checkDefinition.ts';
import type { Definition, Resources, TypedEndpoint } from './endpoint.ts';

const API_RESOURCES: Resources = {
  cpu: 1,
  memoryMiB: 256,
  concurrency: 80,
  timeoutS: 30,
  maxInstances: 3,
  minInstances: 0,
  bodyBytes: 65_536,
};
const SCHEDULED_RESOURCES: Resources = { ...API_RESOURCES, cpu: 1 / 6, concurrency: 1, timeoutS: 120, maxInstances: 2, bodyBytes: 1024 };

/** @throws when the definition contradicts itself or the rule table: such a function must not start */
export function defineEndpoint<
  Name extends string,
  A extends Access,
  I extends z.ZodObject,
  O extends z.ZodType | 'bytes',
  const N extends Needs,
>(definition: Definition<Name, A, I, O, N>): TypedEndpoint<Name, I, O> {
  const defaults = definition.access === 'scheduler' ? SCHEDULED_RESOURCES : API_RESOURCES;
  const endpoint = {
    idempotency: 'none',
    secrets: [],
    status: 200,
    alsoStatus: undefined,
    schedule: undefined,
    ticket: undefined,
    ...definition,
    resources: { ...defaults, ...definition.resources },
  } as unknown as TypedEndpoint<Name, I, O>;
  checkDefinition(endpoint);
  return endpoint;
}
