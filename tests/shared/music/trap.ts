/** What shows that nobody was connected to: a server that nobody may reach, a record of whom this process connects to, and a name service that lies. */
import diagnosticsChannel from 'node:diagnostics_channel';
import dns, { type LookupAddress } from 'node:dns';
import net, { type AddressInfo, type Socket } from 'node:net';

export interface Trap {
  port: number;
  /** Connections that were opened, and bytes that came on them. */
  caught(): { connections: number; bytes: number };
  close(): Promise<void>;
}

/** Listens at every address of this machine, IPv4 and IPv6, and takes whatever comes. */
export async function openTrap(): Promise<Trap> {
  const sockets = new Set<Socket>();
  let bytes = 0;
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('data', (chunk) => (bytes += chunk.length));
  });
  await listenAt(server, '::').catch(() => listenAt(server, '0.0.0.0')); // without IPv6, what is left
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port, caught: () => ({ connections: sockets.size, bytes }), close };
}

function listenAt(server: net.Server, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(0, host, () => resolve());
  });
}

export interface Watch {
  /** Every attempt of this process to connect by TCP, as `address port`, whether somebody answers there or not. */
  attempts: string[];
  stop(): void;
}

/** Of tests that ran in this process before, a client may still try to come back to a server that is gone. No download goes by gRPC. */
function isByGrpc(): boolean {
  return new Error().stack?.includes('@grpc/grpc-js') ?? false;
}

/** @see https://nodejs.org/api/net.html#event-connectionattempt */
export function watchConnections(): Watch {
  const attempts: string[] = [];
  const onSocket = (message: unknown) => {
    const { socket } = message as { socket: Socket };
    if (isByGrpc()) return;
    socket.on('connectionAttempt', (address: string, port: number) => attempts.push(`${address} ${port}`));
  };
  diagnosticsChannel.subscribe('net.client.socket', onSocket);
  return { attempts, stop: () => void diagnosticsChannel.unsubscribe('net.client.socket', onSocket) };
}

export interface Names {
  /** How often each name was asked for. */
  asked: Map<string, number>;
  restore(): void;
}

/** Answers for these names in place of the system; of several answers to one name, each once and then the last again. */
export function answerNames(names: Record<string, string[][]>): Names {
  const { lookup } = dns;
  const asked = new Map<string, number>();
  const answer = (hostname: string, options: dns.LookupOptions, callback: Callback) => {
    const answers = names[hostname];
    if (!answers) return lookup(hostname, options, callback);
    const count = asked.get(hostname) ?? 0;
    asked.set(hostname, count + 1);
    const found = (answers[count] ?? answers.at(-1) ?? []).map((address): LookupAddress => ({ address, family: net.isIP(address) }));
    setImmediate(() => (options.all ? callback(null, found) : callback(null, found[0]?.address ?? '', found[0]?.family ?? 0)));
  };
  dns.lookup = answer as typeof lookup;
  const restore = () => {
    dns.lookup = lookup;
  };
  return { asked, restore };
}

type Callback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;
