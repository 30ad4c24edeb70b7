import { execFile } from 'node:child_process';
import { join } from 'node:path';

export interface Java {
  command: string;
  /** Major version: 17, 21, … */
  version: number;
}

/** The oldest Java that any Firestore emulator in use runs on. */
export const OLDEST_JAVA = 17;

/** The newest Java found at `JAVA_HOME`, on the path, or where Homebrew keeps it unlinked; `undefined` when there is none. */
export async function findJava(env: NodeJS.ProcessEnv = process.env): Promise<Java | undefined> {
  const commands = [
    ...(env['JAVA_HOME'] ? [join(env['JAVA_HOME'], 'bin', 'java')] : []),
    'java',
    ...(process.platform === 'darwin' ? ['/opt/homebrew/opt/openjdk/bin/java', '/usr/local/opt/openjdk/bin/java'] : []),
  ];
  const found = await Promise.all(commands.map(async (command) => ({ command, version: await versionOf(command) })));
  const usable = found.filter((java): java is Java => java.version !== undefined);
  return usable.sort((a, b) => b.version - a.version)[0];
}

function versionOf(command: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    execFile(command, ['-version'], { timeout: 10_000, windowsHide: true }, (error, stdout, stderr) => {
      resolve(error ? undefined : parseJavaVersion(stderr + stdout));
    });
  });
}

/** Reads the major version in what `java -version` prints: 17 of "17.0.15", 8 of "1.8.0_292". */
export function parseJavaVersion(text: string): number | undefined {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  if (!first) return undefined;
  return first === '1' ? Number(second) : Number(first);
}

/** What to type to get a Java that is new enough, for each system. */
export function howToInstallJava(version: number): string {
  return [
    `  Debian, Ubuntu: sudo apt-get install -y openjdk-${version}-jre-headless`,
    `  macOS:          brew install openjdk@21`,
    `  Windows:        winget install EclipseAdoptium.Temurin.21.JRE`,
    `Then open a new terminal, or set JAVA_HOME, and repeat the command.`,
  ].join('\n');
}
