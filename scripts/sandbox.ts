/** `npm run sandbox -- --help`: talks to the stand-in for the music provider of the running local cloud. */
import { join, resolve } from 'node:path';
import { type Command, HELP, readCommandLine } from './sandbox/commandLine.ts';
import { clearFaults, listFaults, listSongs, setCredits, showStatus, switchOn } from './sandbox/commands.ts';
import { type Door, openDoor } from './sandbox/door.ts';
import { watch } from './sandbox/watch.ts';

const ctrlC = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ctrlC.abort());
process.once('disconnect', () => process.exit(1)); // whoever started us is gone, and with it what we write to
try {
  await run();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
process.exit();

async function run(): Promise<void> {
  const { command, sandbox } = readCommandLine(process.argv.slice(2));
  if (command.name === 'help') return console.log(HELP);
  if (command.name === 'faults') return console.log(listFaults());
  const directory = resolve(process.env['SORI_DATA_DIR'] || join(import.meta.dirname, '..', '.sori'));
  const door = openDoor(directory, sandbox);
  if (command.name === 'watch') return await watch(door, ctrlC.signal, console.log);
  console.log(await answerTo(command, door));
}

function answerTo(command: Exclude<Command, { name: 'help' | 'faults' | 'watch' }>, door: Door): Promise<string> {
  switch (command.name) {
    case 'status':
      return showStatus(door);
    case 'songs':
      return listSongs(door);
    case 'fault':
      return switchOn(door, command.fault);
    case 'clear':
      return clearFaults(door, command.fault);
    case 'credits':
      return setCredits(door, command.credits);
  }
}
