import http, { type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';

export interface Received {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface SmallServer {
  /** Without a slash at the end. */
  url: string;
  port: number;
  /** Every request that came, in order. */
  received: Received[];
  /** Connections that were opened, with or without a request on them. */
  connections: Set<Socket>;
  close(): Promise<void>;
}

/** A real HTTP server on the loopback that answers as the test says and remembers what it was asked. */
export async function serve(answer: (request: Received, response: ServerResponse) => void, host = '127.0.0.1'): Promise<SmallServer> {
  const received: Received[] = [];
  const server = http.createServer(async (incoming, response) => {
    response.on('error', () => {});
    let body = '';
    for await (const chunk of incoming) body += String(chunk);
    const request = { method: incoming.method ?? '', url: incoming.url ?? '', headers: incoming.headers, body };
    received.push(request);
    answer(request, response);
  });
  return { ...(await listen(server, host)), received };
}

/** A real TCP server that does with each connection what the test says. */
export async function serveSockets(handle: (socket: Socket) => void): Promise<Omit<SmallServer, 'received'>> {
  return await listen(net.createServer(handle), '127.0.0.1');
}

async function listen(server: net.Server, host: string) {
  const connections = new Set<Socket>();
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    connections.add(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    for (const socket of connections) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://${host === '::1' ? '[::1]' : host}:${port}`, port, connections, close };
}

/** A port on which nobody listens. */
export async function freePort(): Promise<number> {
  const { port, close } = await serveSockets(() => {});
  await close();
  return port;
}

export function json(response: ServerResponse, body: unknown, status = 200, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Waits until the condition holds, at most 2 s. */
export async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 2000;
  while (!holds()) {
    if (Date.now() > end) throw new Error('it did not come to pass within 2 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
