/** A piece of a benchmark in a process of its own, so that it has settings and memory of its own: what it finds comes back as a message. */
import { join } from 'node:path';
import { lastLines, startNode } from '../../local/processes/child.ts';

type Message<Found> = { found: Found } | { failed: string };

interface ChildOptions {
  directory: string;
  env: NodeJS.ProcessEnv;
}

/** @param script - in this folder. @throws with the last lines of its log when it fails */
export async function runChild<Found>(script: string, input: object, { directory, env }: ChildOptions): Promise<Found> {
  const logFile = join(directory, `${script}.log`);
  const child = startNode([join(import.meta.dirname, script)], { logFile, env });
  try {
    const message = await new Promise<Message<Found>>((resolve) => {
      child.process.once('message', resolve);
      void child.exited.then((how) => resolve({ failed: `it has ended (${how})` }));
      child.process.send({ input });
    });
    if ('failed' in message) throw new Error(`${script}: ${message.failed}\n${lastLines(logFile)}`);
    return message.found;
  } finally {
    await child.stop();
  }
}

/** The other side. */
export function answerParent<Input, Found>(find: (input: Input) => Promise<Found>): void {
  process.once('disconnect', () => process.exit(1));
  process.once('message', ({ input }: { input: Input }) => {
    find(input).then(
      (found) => process.send?.({ found }),
      (error: unknown) => {
        console.error(error);
        process.send?.({ failed: error instanceof Error ? error.message : String(error) });
      },
    );
  });
}
