/** One function on the real framework, as a process of its own: `node serveFunction.ts <name>` prints its port. Its log goes to standard output. */
import type { AddressInfo } from 'node:net';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { register } from '#shared/endpoint';
import { loadEndpoints } from '../../scripts/loadEndpoints.ts';

const name = process.argv[2];
const endpoint = (await loadEndpoints()).find((each) => each.name === name);
if (!endpoint) throw new Error(`no function ${name}`);
register(endpoint);
const server = getTestServer(endpoint.name);
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: (server.address() as AddressInfo).port })));
process.stdin.resume().on('end', () => process.exit(0)); // whoever started it has gone
