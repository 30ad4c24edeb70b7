import { execFileSync } from 'node:child_process';
import { startFirestoreEmulator } from '../../scripts/local/emulators/firestore.ts';

export interface PausableEmulator {
  host: string;
  /** Its process stands still: connections are taken and kept by the system, and nothing is answered. */
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

/** A Firestore emulator of the test file's own. Not to be killed: it would forget what it has acknowledged, which Firestore never does. */
export async function startPausableEmulator(): Promise<PausableEmulator> {
  const { host, child, close } = await startFirestoreEmulator();
  const pid = childOf(child.pid);
  const resume = () => void process.kill(pid, 'SIGCONT');
  process.once('exit', resume); // one that stands still could not be ended
  return {
    host,
    pause: () => void process.kill(pid, 'SIGSTOP'),
    resume,
    close: async () => {
      resume();
      process.off('exit', resume);
      await close();
    },
  };
}

/** Java itself; what holds it must go on, to see that we are gone. */
function childOf(parent: number): number {
  const processes = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  const pids = processes.map((line) => line.trim().split(/\s+/).map(Number));
  const pid = pids.find(([, ppid]) => ppid === parent)?.[0];
  if (pid === undefined) throw new Error('the emulator has no process');
  return pid;
}
