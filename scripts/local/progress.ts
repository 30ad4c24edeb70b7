import { styleText } from 'node:util';

/** Says which steps are still running once they take longer than a person waits in silence. */
export interface Progress {
  /** Runs a step under its name. Told on the screen only when it takes more than 2 s. */
  step<T>(name: string, work: Promise<T>): Promise<T>;
  /** A line that stays. */
  say(text: string): void;
}

const SILENT_MS = 2_000;
/** Where lines cannot be rewritten, repeating them more often would fill a log. */
const REPEAT_MS = 15_000;

export function showProgress(output: NodeJS.WriteStream = process.stdout): Progress {
  const running = new Map<string, number>();
  let hasLiveLine = false;
  let timer: NodeJS.Timeout | undefined;
  let toldAt = Number.NEGATIVE_INFINITY;

  const clear = () => {
    if (hasLiveLine) output.write('\r\x1b[2K');
    hasLiveLine = false;
  };
  const tell = () => {
    const now = performance.now();
    const slow = [...running].filter(([, startedAt]) => now - startedAt >= SILENT_MS);
    if (slow.length === 0 || (!output.isTTY && now - toldAt < REPEAT_MS)) return;
    toldAt = now;
    const text = `  … ${slow.map(([name, startedAt]) => `${name} ${Math.round((now - startedAt) / 1000)} s`).join(', ')}`;
    clear();
    output.write(output.isTTY ? text.slice(0, (output.columns || 80) - 1) : `${text}\n`);
    hasLiveLine = output.isTTY;
  };

  return {
    async step(name, work) {
      running.set(name, performance.now());
      timer ??= setInterval(tell, 500);
      try {
        return await work;
      } finally {
        running.delete(name);
        clear();
        if (running.size === 0) {
          clearInterval(timer);
          timer = undefined;
        }
      }
    },
    say(text) {
      clear();
      output.write(`${text}\n`);
    },
  };
}

/** Bold in a terminal that wants colours, else as it is. */
export function bold(text: string): string {
  return styleText('bold', text, { stream: process.stdout });
}
