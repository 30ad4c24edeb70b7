/** The sandbox's control door, from outside. */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { readSandboxAddress } from '../local/sandboxAddress.ts';
import { PLACES } from '../local/sandboxFaults/faultList.ts';
import { Fault } from '../local/sandboxFaults/faults.ts';

const Faults = z.array(Fault);
const Status = z.object({
  accepted: z.number(),
  credits: z.number(),
  calls: z.record(z.string(), z.number()),
  faults: Faults,
  trapped: z.number(),
});
export type Status = z.output<typeof Status>;

const Songs = z.array(z.object({ id: z.string(), title: z.string(), submission: z.number(), phase: z.string() }));
const Call = z.object({
  number: z.number(),
  place: z.enum(PLACES),
  path: z.string(),
  query: z.record(z.string(), z.string()),
  body: z.unknown(),
  faults: z.array(z.string()),
  at: z.number(),
  endedAt: z.number().nullable(),
  status: z.number().nullable(),
});
export type Call = z.output<typeof Call>;

const Refusal = z.object({ error: z.string() });
const TIMEOUT_MS = 5_000;

/** Nobody is there, or somebody else. */
export class NoSandbox extends Error {
  override name = 'NoSandbox';
}

export interface Door {
  url: string;
  /** Of the service that uses the sandbox, when it is known. */
  serviceUrl: string | undefined;
  /** Where the functions write to, when they are those of this data directory. */
  logFile: string | undefined;
  status(): Promise<Status>;
  songs(): Promise<z.output<typeof Songs>>;
  /** Calls with a greater number than this, oldest first. */
  callsAfter(number: number): Promise<Call[]>;
  /** @throws in the sandbox's words when it refuses */
  switchOn(fault: Fault): Promise<Fault>;
  /** Those that are on afterwards. */
  switchOff(name?: string): Promise<Fault[]>;
  setCredits(credits: number): Promise<void>;
}

/** @param directory - the local cloud's data; @param address - of a sandbox, in place of the one that is recorded there */
export function openDoor(directory: string, address?: string): Door {
  const recorded = address === undefined ? readSandboxAddress(directory) : { url: address.replace(/\/+$/, ''), serviceUrl: undefined };
  if (recorded === undefined) throw new NoSandbox(whyNoneIsRecorded(directory));
  const { url, serviceUrl } = recorded;
  const nobody = () => new NoSandbox(address === undefined ? NOT_RUNNING : `No sandbox answers at ${url}.`);

  async function ask<Answer>(schema: z.ZodType<Answer>, method: string, path: string, body?: object): Promise<Answer> {
    const options = { method, signal: AbortSignal.timeout(TIMEOUT_MS), ...(body ? { body: JSON.stringify(body) } : {}) };
    const answer = await fetch(url + path, options).catch(() => Promise.reject(nobody()));
    const data: unknown = await answer.json().catch(() => undefined);
    const refusal = Refusal.safeParse(data);
    if (answer.status === 400 && refusal.success) throw new Error(refusal.data.error);
    const parsed = schema.safeParse(data);
    if (!answer.ok || !parsed.success) throw nobody(); // the port now belongs to another program
    return parsed.data;
  }

  return {
    url,
    serviceUrl,
    logFile: address === undefined ? relative(process.cwd(), join(directory, 'logs', 'functions.log')) : undefined,
    status: () => ask(Status, 'GET', '/sandbox'),
    songs: () => ask(Songs, 'GET', '/sandbox/songs'),
    callsAfter: (number) => ask(z.array(Call), 'GET', `/sandbox/requests?after=${number}`),
    switchOn: (fault) => ask(Fault, 'POST', '/sandbox/faults', fault),
    switchOff: (name) => ask(Faults, 'DELETE', `/sandbox/faults${name === undefined ? '' : `?name=${encodeURIComponent(name)}`}`),
    setCredits: async (credits) => void (await ask(z.object({ credits: z.number() }), 'POST', '/sandbox/credits', { credits })),
  };
}

const NOT_RUNNING =
  'The local cloud is not running. In another terminal: npm start\n로컬 클라우드가 실행 중이 아닙니다. 다른 터미널에서 npm start 를 먼저 실행하세요.';

function whyNoneIsRecorded(directory: string): string {
  const isStarted = existsSync(join(directory, 'lock.json'));
  return isStarted
    ? `${NOT_RUNNING}\nOr it is just starting; or it was given TOPMEDIAI_BASE_URL, and then it has no sandbox.`
    : NOT_RUNNING;
}
