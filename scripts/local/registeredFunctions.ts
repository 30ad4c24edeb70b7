import type { Server } from 'node:http';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { type Endpoint, type Instance, register } from '#shared/endpoint';
import type { FunctionPool } from './functions.ts';

/**
 * All functions in this process, each in the very server that functions-framework gives it in production.
 *
 * @param instance - what the functions count and hold; each has its own when none is given
 */
export function registeredFunctions(endpoints: Endpoint[], instance?: Instance): FunctionPool {
  const byName = new Map(endpoints.map((endpoint) => [endpoint.name, endpoint]));
  const servers = new Map<string, Server>();
  const serverOf = (name: string): Server => {
    const server = servers.get(name) ?? createFunctionServer(byName.get(name)!, instance);
    servers.set(name, server);
    return server;
  };
  return {
    names: [...byName.keys()],
    answer: (name, request, response) => void serverOf(name).emit('request', request, response),
    close: () => Promise.resolve(),
  };
}

/** The guard is put before the next server that is made: nothing may come between these two lines. */
function createFunctionServer(endpoint: Endpoint, instance: Instance | undefined): Server {
  register(endpoint, instance);
  return getTestServer(endpoint.name);
}
