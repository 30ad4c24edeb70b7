import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildNumbered } from '../crashPoints/buildNumbered.ts';
import type { Cell } from '../crashPoints/crashMatrix.ts';
import type { Plan } from '../crashPoints/crashPoint.ts';
import { openRelay } from '../crashPoints/firestoreRelay.ts';
import { type NumberedProcess, startNumbered } from '../crashPoints/numberedProcess.ts';
import { shareClock } from '../crashPoints/sharedClock.ts';
import { emulators } from '../support/emulators.ts';
import type { Studio } from '../support/studio.ts';
import { openTcpProxy } from './tcpProxy.ts';

/** The function createSong in a process of its own. */
export interface NumberedCreateSong {
  /** What strikes from now on. */
  setPlan(plan: Plan): Promise<void>;
  /** @returns the status; undefined when there was no answer */
  call(input: object, token: string, key: string): Promise<number | undefined>;
  /** Everything that was recorded since `setPlan`, in order. */
  cells(): Promise<Cell[]>;
  /** Ends it, unless it has ended. @returns whether it had killed itself */
  end(): Promise<boolean>;
}

export interface CreateSongs {
  /** A fresh process; the next one starts meanwhile. */
  take(): NumberedCreateSong;
  close(): Promise<void>;
}

export async function openCreateSongs({ clock }: Studio): Promise<CreateSongs> {
  const directory = await mkdtemp(path.join(tmpdir(), 'sori-calls-'));
  const program = await buildNumbered('tests/faults/createSongProcess.ts');
  const { close: closeTime, ...time } = shareClock(clock, path.join(directory, 'time'));
  const relay = await openRelay(emulators().firestoreHost);
  const proxy = await openTcpProxy(relay.host); // keeps the relay's side a little longer: what was on its way when the process died is rolled back too
  const options = { args: [JSON.stringify(time)], env: { FIRESTORE_EMULATOR_HOST: proxy.host } };
  const start = () => asCreateSong(startNumbered(program, options));
  let next = start();
  return {
    take: () => {
      const taken = next;
      next = start();
      return taken;
    },
    close: async () => {
      await next.end();
      closeTime();
      await proxy.close();
      await relay.close();
      await Promise.all([program.remove(), rm(directory, { recursive: true, force: true })]);
    },
  };
}

function asCreateSong(child: NumberedProcess): NumberedCreateSong {
  const starting = sayings(child).then(({ said }) => (said as { port: number }).port);
  return {
    setPlan: async (plan) => {
      await starting;
      child.send({ plan });
      await sayings(child);
    },
    call: async (input, token, key) => {
      const url = `http://127.0.0.1:${await starting}/v1/createSong`;
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}`, 'idempotency-key': key };
      const signal = AbortSignal.timeout(30_000);
      const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(input), signal }).catch(() => undefined);
      await answer?.arrayBuffer().catch(() => undefined);
      return answer?.status;
    },
    cells: async () => {
      child.send({});
      return (await sayings(child)).cells;
    },
    end: async () => {
      const isDead = await Promise.race([child.ended, new Promise((resolve) => setTimeout(resolve, DYING_MS))]);
      await child.kill();
      return isDead === 'SIGKILL';
    },
  };
}

/** A process that has killed itself is seen to be dead by then. */
const DYING_MS = 200;

/** Reads on until it says something of its own. */
async function sayings({ next }: NumberedProcess): Promise<{ said: unknown; cells: Cell[] }> {
  const cells: Cell[] = [];
  const counts = new Map<string, number>();
  for (let line = await next(); line; line = await next()) {
    if ('said' in line) return { said: line.said, cells };
    if (!('hit' in line)) continue;
    const { point, kind } = line.hit;
    const hit = (counts.get(`${point} ${kind}`) ?? 0) + 1;
    counts.set(`${point} ${kind}`, hit);
    cells.push({ point, kind, hit, turn: line.turn });
  }
  throw new Error('createSong has ended before it said anything');
}
