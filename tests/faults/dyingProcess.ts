/**
 * One function on the real framework, which dies when its work is done and before its answer leaves.
 *
 *     dyingProcess.ts createSong 41234
 */
import { loadEndpoints } from '../../scripts/loadEndpoints.ts';
import { startFunctions } from '../../scripts/local/functions.ts';
import { registeredFunctions } from '../../scripts/local/registeredFunctions.ts';

const [name, port] = process.argv.slice(2);
const endpoint = (await loadEndpoints()).find((each) => each.name === name);
if (!endpoint) throw new Error(`there is no ${name}`);
const dying = {
  ...endpoint,
  handler: async (...given: Parameters<typeof endpoint.handler>) => {
    await endpoint.handler(...given);
    process.kill(process.pid, 'SIGKILL');
    return new Promise<never>(() => undefined);
  },
};
await startFunctions(registeredFunctions([dying]), Number(port));
