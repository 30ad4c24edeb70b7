/**
 * Hands an endpoint to functions-framework, with the guard in front of its server and a graceful end behind it.
 *
 * functions-framework loads our module first and then calls `http.createServer(app)`: that one call is intercepted.
 */
import http, { type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { http as registerHttp } from '@google-cloud/functions-framework';
import { checkStores } from '#shared/media';
import { config, log, required, SettingsError } from '#shared/runtime';
import type { Endpoint } from './endpoint.ts';
import { beginExchange, type Exchange } from './exchange.ts';
import { createInstance, type Instance } from './instance.ts';
import { process as processExchange, receive } from './pipeline.ts';

const HEADERS_LIMIT_MS = 10_000;
const REQUEST_LIMIT_MS = 30_000;
const DRAIN_LIMIT_MS = 7_500; // Cloud Run kills 10 s after SIGTERM; the end is promised within 8

const exchanges = new WeakMap<IncomingMessage, Exchange>();

/**
 * Registers the function and guards the next server that is made, which is its server.
 *
 * @throws {SettingsError} when the settings are at fault, a secret that the definition names is missing, or a store would lose what it is given
 */
export function register(
  endpoint: Endpoint,
  instance: Instance = createInstance(undefined, { checksOutput: config().NODE_ENV !== 'production' }),
): void {
  endpoint.secrets.forEach(required);
  checkStores();
  registerHttp(endpoint.name, (req, res) => answer(req, res));
  guardNextServer(endpoint, instance);
}

/** For the deployed entries, which scripts/build writes: like `register`, but settings at fault end the process with a message that says which. */
export function start(endpoint: Endpoint): void {
  try {
    register(endpoint);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}

async function answer(req: IncomingMessage, _res: ServerResponse): Promise<void> {
  // functions-framework would answer for us, in HTML, as soon as any promise of a library is rejected with nobody waiting for it.
  (process as { domain?: { exit(): void } }).domain?.exit();
  const exchange = exchanges.get(req);
  if (!exchange) throw new Error('a request came past the guard');
  await processExchange(exchange);
}

function guardNextServer(endpoint: Endpoint, instance: Instance): void {
  const createServer = http.createServer;
  const guarded = (app: RequestListener): Server => {
    http.createServer = createServer;
    const server = createServer({ headersTimeout: HEADERS_LIMIT_MS, requestTimeout: REQUEST_LIMIT_MS }, (req, res) => {
      const exchange = beginExchange(endpoint, instance, req, res);
      exchanges.set(req, exchange);
      return receive(exchange, () => {
        markAsParsed(req, exchange.body);
        app(req, res);
      });
    });
    if (config().FUNCTION_TARGET === endpoint.name) server.once('listening', () => setImmediate(() => ownProcess(server, instance)));
    return server;
  };
  http.createServer = guarded as typeof http.createServer;
}

/** The body has been read; this keeps functions-framework's own parsers from waiting for it. */
function markAsParsed(req: IncomingMessage, body: unknown): void {
  Object.assign(req, { body, _body: true });
}

/** functions-framework ends the process at once, on SIGTERM and on any fault that nobody caught. Ours finishes what it has begun first. */
function ownProcess(server: Server, instance: Instance): void {
  const end = gracefulEnd(server, instance);
  for (const event of ['SIGTERM', 'uncaughtException', 'unhandledRejection']) process.removeAllListeners(event);
  process.once('SIGTERM', () => {
    log.info('draining');
    end(0);
  });
  process.on('uncaughtException', (error) => {
    log.error('uncaught_exception', { error });
    end(1); // what was half done when it was thrown stays half done: a new process begins clean
  });
  // A call that was given up, mostly, and of a library: nothing of ours is half done, and others are being served.
  process.on('unhandledRejection', (error) => log.error('unhandled_rejection', { error }));
}

/** @returns what ends the process once all requests are answered, at the latest after `DRAIN_LIMIT_MS` */
function gracefulEnd(server: Server, { stopping }: Instance): (exitCode: number) => void {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return (exitCode) => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    const limit = setTimeout(() => server.closeAllConnections(), DRAIN_LIMIT_MS);
    server.close(() => {
      clearTimeout(limit);
      process.exit(exitCode);
    });
    server.closeIdleConnections();
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy(); // opened ahead of a request: Node does not count it as idle
    server.on('request', (_req, res) => res.setHeader('Connection', 'close'));
    setInterval(() => server.closeIdleConnections(), 100); // a connection that was busy is idle after its answer
  };
}
