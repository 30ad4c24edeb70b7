import type { Server } from 'node:http';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { type Endpoint, type Instance, register } from '#shared/endpoint';
import type { FunctionPool } from './functions.ts';

/**
 * All functions in this process, each in the very server that functions-framework gives it in production.
 *
 * @param instance - what the functions count and hold together; each has its own when none is given
 */
export function registeredFunctions(endpoints: Endpoint[], instance?: Instance): FunctionPool {
  const servers = new Map(endpoints.map((endpoint) => [endpoint.name, serverFor(endpoint, instance)]));
  return {
    names: endpoints.map(({ name }) => name),
    answer: (name, request, response) => void servers.get(name)?.emit('request', request, response),
    close: () => Promise.resolve(),
  };
}

/** `register` guards the next server that is made: nothing may come between the two. */
function serverFor(endpoint: Endpoint, instance: Instance | undefined): Server {
  register(endpoint, instance);
  return getTestServer(endpoint.name);
}
