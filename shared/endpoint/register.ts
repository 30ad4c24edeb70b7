/**
 * Hands an endpoint to functions-framework, with the guard in front of its server and a graceful end behind it.
 *
 * functions-framework loads our module first and then calls `http.createServer(app)`: that one call is intercepted.
 */
import http, { type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { http as registerHttp } from '@google-cloud/functions-framework';
import { processFigures } from '#shared/figures';
import { checkStores } from '#shared/media';
import { type Reporting, startReporting } from '#shared/reporting';
import { config, log, required, type SecretSetting, SettingsError, systemWorld, within } from '#shared/runtime';
import type { Endpoint } from './endpoint.ts';
import { beginExchange } from './exchange.ts';
import { createInstance, type Instance } from './instance.ts';
import { process as processExchange, receive } from './pipeline.ts';

/** Without them the service does all the same; somebody hears less of it. */
const MAY_BE_ABSENT: SecretSetting[] = ['ALERT_WEBHOOK_URL'];

const HEADERS_LIMIT_MS = 10_000;
const REQUEST_LIMIT_MS = 30_000;
const DRAIN_LIMIT_MS = 7_500; // Cloud Run kills 10 s after SIGTERM; the end is promised within 8
const END_LIMIT_MS = 7_900;
/** For what was counted and told last; nobody waits for it, and whoever is silent holds no process up. */
const LAST_WORDS_LIMIT_MS = 1_500;

/**
 * Registers the function and guards the next server that is made, which is its server.
 *
 * @throws {SettingsError} when the settings are at fault, a secret that the definition names is missing, or a store would lose what it is given
 */
export function register(
  endpoint: Endpoint,
  instance: Instance = createInstance(undefined, {
    checksOutput: config().NODE_ENV !== 'production',
    figures: processFigures(systemWorld),
  }),
): void {
  endpoint.secrets.filter((name) => !MAY_BE_ABSENT.includes(name)).forEach(required);
  checkStores();
  registerHttp(endpoint.name, refuseStray);
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

/** What functions-framework itself would call. Nothing comes to it: the guard answers every request. */
function refuseStray(): void {
  throw new Error('a request came past the guard');
}

/**
 * What passes the guard goes straight on to the pipeline. functions-framework's own way there, through Express, parsers that have nothing
 * to parse and a `domain` for each request, costs several times what a cached read does: a domain has every promise looked at.
 */
function guardNextServer(endpoint: Endpoint, instance: Instance): void {
  const createServer = http.createServer;
  const guarded = (_app: RequestListener): Server => {
    http.createServer = createServer;
    const server = createServer({ headersTimeout: HEADERS_LIMIT_MS, requestTimeout: REQUEST_LIMIT_MS }, (req, res) => {
      const exchange = beginExchange(endpoint, instance, req, res);
      return receive(exchange, () => void processExchange(exchange));
    });
    if (config().FUNCTION_TARGET === endpoint.name)
      server.once('listening', () => setImmediate(() => ownProcess(server, instance, startReporting(endpoint.name))));
    return server;
  };
  http.createServer = guarded as typeof http.createServer;
}

/** functions-framework ends the process at once, on SIGTERM and on any fault that nobody caught. Ours finishes what it has begun first. */
function ownProcess(server: Server, instance: Instance, reporting: Reporting): void {
  const end = gracefulEnd(server, instance, reporting);
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

/** @returns what ends the process once all requests are answered, at the latest after `END_LIMIT_MS` */
function gracefulEnd(server: Server, { stopping, figures }: Instance, reporting: Reporting): (exitCode: number) => void {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return (exitCode) => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    const endsAtMs = performance.now() + END_LIMIT_MS;
    const limit = setTimeout(() => server.closeAllConnections(), DRAIN_LIMIT_MS);
    server.close(() => {
      clearTimeout(limit);
      const leftMs = Math.min(LAST_WORDS_LIMIT_MS, endsAtMs - performance.now());
      const storing = within(leftMs, 'storing figures', figures?.flush() ?? Promise.resolve());
      void Promise.allSettled([storing, reporting.flush(leftMs)]).then(() => process.exit(exitCode));
    });
    server.closeIdleConnections();
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy(); // opened ahead of a request: Node does not count it as idle
    server.on('request', (_req, res) => res.setHeader('Connection', 'close'));
    setInterval(() => server.closeIdleConnections(), 100); // a connection that was busy is idle after its answer
  };
}
