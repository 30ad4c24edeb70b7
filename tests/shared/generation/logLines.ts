import { jest } from '@jest/globals';

export interface Line {
  code: string;
  severity: string;
  [field: string]: unknown;
}

/**
 * From now on keeps what this process logs, in place of printing it. Call it before anything is logged, and with `LOG_LEVEL` set:
 * the logger looks once where its lines go.
 */
export function keepLogLines(): { all: () => Line[]; of: (code: string) => Line[]; forget: () => void; stop: () => void } {
  let lines: Line[] = [];
  const { stdout } = process;
  const print = stdout.write.bind(stdout);
  const spy = jest.spyOn(stdout, 'write').mockImplementation((text, ...rest) => {
    if (!String(text).startsWith('{"severity"')) return print(text as string, ...(rest as []));
    lines.push(JSON.parse(String(text)) as Line);
    return true;
  });
  return {
    all: () => lines,
    of: (code) => lines.filter((line) => line.code === code),
    forget: () => {
      lines = [];
    },
    stop: () => spy.mockRestore(),
  };
}
