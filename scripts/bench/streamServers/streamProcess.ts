/** `streamSong` alone, in the server that functions-framework gives it, as a process of its own. Its environment is its settings. */
import { streamSong } from '../../../functions/songs/streamSong.ts';
import { startFunctions } from '../../local/functions.ts';
import { servePart } from '../../local/processes/part.ts';
import { registeredFunctions } from '../../local/registeredFunctions.ts';

servePart<object, { port: number }>(async () => {
  const host = await startFunctions(registeredFunctions([streamSong]), 0);
  return { ready: { port: host.port }, close: host.close };
});
