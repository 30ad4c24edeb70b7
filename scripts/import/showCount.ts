/** Nobody waits longer than this without being told. */
const SILENT_MS = 2_000;
/** Where lines cannot be rewritten, repeating them more often would fill a log. */
const REPEAT_MS = 15_000;

export interface CountLine {
  /** Takes the state of things; shows it every second in a terminal, every 15 s elsewhere, and not before 2 s have passed. */
  update(text: string): void;
  end(): void;
}

/** Shows how far a long piece of work has come. */
export function showCount(output: NodeJS.WriteStream = process.stderr): CountLine {
  const startedAt = performance.now();
  let text = 'starting';
  let toldAt = Number.NEGATIVE_INFINITY;
  let hasLiveLine = false;
  const tell = () => {
    const now = performance.now();
    if (now - startedAt < SILENT_MS || (!output.isTTY && now - toldAt < REPEAT_MS)) return;
    toldAt = now;
    const line = `  … ${text}, ${Math.round((now - startedAt) / 1000)} s`;
    output.write(output.isTTY ? `\r\x1b[2K${line}` : `${line}\n`);
    hasLiveLine = output.isTTY;
  };
  const timer = setInterval(tell, 1000);
  return {
    update(state) {
      text = state;
    },
    end() {
      clearInterval(timer);
      if (hasLiveLine) output.write('\r\x1b[2K');
    },
  };
}
