/**
 * Each function in functions-framework processes of its own, as Cloud Run runs them: started at the first call, `instances` of each
 * by turns, from the built folder, with `NODE_ENV=production`. One that has crashed is started again at the next call.
 */
import { type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import type { FunctionPool } from './functions.ts';
import { type Child, lastLines, startNode } from './processes/child.ts';
import { freePort } from './processes/port.ts';
import { waitUntil } from './waitUntil.ts';

interface Instance {
  child: Child;
  port: number;
}

export interface IsolationOptions {
  names: string[];
  /** Processes per function. */
  instances: number;
  /** The built folder, whose entry loads one function by `FUNCTION_TARGET`. */
  source: string;
  /** Where each function has its log, `<name>.log`. */
  logFolder: string;
  /** Of each process. @default that of this one */
  env?: NodeJS.ProcessEnv;
  /** Told why a call got no answer. */
  report(text: string): void;
}

const START_TIMEOUT_MS = 60_000;
/** Requests have been let finish by then. */
const STOP_MS = 2_000;

export function isolatedFunctions(options: IsolationOptions): FunctionPool {
  const slots = new Map(options.names.map((name) => [name, Array.from({ length: options.instances }, () => slotFor(name, options))]));
  const turns = new Map<string, number>();
  return {
    names: options.names,
    answer(name, request, response) {
      const turn = turns.get(name) ?? 0;
      turns.set(name, turn + 1);
      const slot = slots.get(name)?.[turn % options.instances];
      if (!slot) return refuse(response);
      const fail = (error: Error) => {
        options.report(`${name}: ${error.message}`);
        refuse(response);
      };
      slot.running().then(({ port }) => passOn(request, response, port, fail), fail);
    },
    close: async () => {
      await Promise.all([...slots.values()].flat().map((slot) => slot.stop()));
    },
  };
}

interface Slot {
  running(): Promise<Instance>;
  stop(): Promise<void>;
}

/** Room for one instance: empty until the first call, and again when it has crashed. */
function slotFor(name: string, options: IsolationOptions): Slot {
  let current: Promise<Instance> | undefined;
  const start = async () => {
    try {
      const instance = await startInstance(name, options);
      void instance.child.exited.then(() => {
        current = undefined;
      });
      return instance;
    } catch (error) {
      current = undefined;
      throw error;
    }
  };
  return {
    running() {
      current ??= start();
      return current;
    },
    async stop() {
      const instance = await current?.catch(() => undefined);
      await instance?.child.stop(STOP_MS);
    },
  };
}

async function startInstance(name: string, { source, logFolder, env: settings = process.env }: IsolationOptions): Promise<Instance> {
  const port = await freePort();
  const logFile = join(logFolder, `${name}.log`);
  const dieWithParent = join(import.meta.dirname, 'processes', 'dieWithParent.ts');
  const framework = createRequire(import.meta.url).resolve('@google-cloud/functions-framework');
  const main = join(framework, '..', 'main.js');
  const env = { ...settings, NODE_ENV: 'production', FUNCTION_TARGET: name, PORT: String(port) };
  const child = startNode(['--import', dieWithParent, main, '--source', source, '--target', name], { logFile, env });
  try {
    await waitUntil(`${name} listens`, () => accepts(port, child, logFile), START_TIMEOUT_MS);
  } catch (error) {
    await child.stop(0);
    throw error;
  }
  return { child, port };
}

async function accepts(port: number, child: Child, logFile: string): Promise<boolean> {
  if (child.hasExited()) throw new Error(`it has ended (${await child.exited}):\n${lastLines(logFile)}`);
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Passes bodies on in both directions as they come. A caller who goes takes the call along. */
function passOn(request: IncomingMessage, response: ServerResponse, port: number, fail: (error: Error) => void): void {
  const { method, url, headers } = request;
  const call = send({ host: '127.0.0.1', port, method, path: url, headers, agent: false });
  call.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
    pipeline(answer, response, () => undefined);
  });
  call.on('error', fail);
  response.on('close', () => call.destroy());
  request.pipe(call);
}

/** As Google's front end answers when an instance has died. */
function refuse(response: ServerResponse): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  response.writeHead(503, { 'Content-Type': 'text/plain; charset=utf-8', 'Retry-After': '1' }).end('The service is not available.\n');
}
