/**
 * A part of the local cloud in a process of its own: it gets its input by message, says when it is ready, ends on SIGTERM
 * in good order, and at once when the process that started it is gone.
 */
import { type Child, type ChildOptions, lastLines, startNode } from './child.ts';

export interface Part<Ready> {
  child: Child;
  /** What it told when it was ready: its addresses. */
  ready: Ready;
}

type Message<Ready> = { ready: Ready } | { failed: string };

const START_TIMEOUT_MS = 120_000;

/** Starts the script of a part and waits until it is ready. @throws with the last lines of its log when it does not get there */
export async function startPart<Ready>(script: string, input: object, options: ChildOptions): Promise<Part<Ready>> {
  const child = startNode([script], options);
  child.process.send({ input });
  const fail = (how: string) => new Error(`${how}\n${lastLines(options.logFile)}`);
  const late = new AbortController();
  try {
    const ready = await new Promise<Ready>((resolve, reject) => {
      const timer = setTimeout(() => reject(fail('it is not ready in time')), START_TIMEOUT_MS);
      late.signal.addEventListener('abort', () => clearTimeout(timer));
      child.process.once('message', (message: Message<Ready>) => {
        if ('ready' in message) resolve(message.ready);
        else reject(fail(message.failed));
      });
      void child.exited.then((how) => reject(fail(`it has ended (${how})`)));
    });
    return { child, ready };
  } catch (error) {
    await child.stop(0);
    throw error;
  } finally {
    late.abort();
  }
}

interface Served<Ready> {
  ready: Ready;
  close(): Promise<void>;
}

/** The other side: what the script of a part calls, once. */
export function servePart<Input, Ready>(start: (input: Input) => Promise<Served<Ready>>): void {
  let closing = false;
  process.once('disconnect', () => process.exit(1));
  process.once('message', ({ input }: { input: Input }) => {
    start(input).then(serve, (error: Error) => {
      console.error(error);
      process.send?.({ failed: error.message }, () => process.exit(1));
    });
  });

  function serve({ ready, close }: Served<Ready>): void {
    process.on('SIGTERM', () => {
      if (closing) return;
      closing = true;
      close().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error);
          process.exit(1);
        },
      );
    });
    process.send?.({ ready });
  }
}
