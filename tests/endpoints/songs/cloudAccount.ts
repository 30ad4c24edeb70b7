/**
 * The account that a function runs as on Google Cloud: the metadata server gives its tokens, IAM signs for it. Stand-ins for both,
 * with the environment in which Google's own library finds them; IAM stands behind a proxy, as its address cannot be changed.
 *
 * @see https://cloud.google.com/run/docs/container-contract#metadata-server
 * @see https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/signBlob
 */
import { createPrivateKey, sign } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { selfSignedCertificate } from '../../../scripts/local/google/certificate.ts';
import type { LocalGoogle } from '../../../scripts/local/google/index.ts';
import { closeServer, listen } from '../../../scripts/local/google/listen.ts';
import { accessToken } from '../../support/storageClient.ts';

export interface CloudAccount {
  env: Record<string, string>;
  /** What IAM does from now on when it is asked to sign. */
  signing: 'works' | 'hangs';
  /** How often it was asked. */
  signedCount: number;
  close(): Promise<void>;
}

const EMAIL = 'function@sori-test.iam.gserviceaccount.com';
const IAM = 'iamcredentials.googleapis.com';

export async function startCloudAccount(google: LocalGoogle, directory: string): Promise<CloudAccount> {
  const key = await google.createServiceAccountKey(EMAIL);
  const answers: Record<string, () => Promise<string> | string> = {
    'service-accounts/default/email': () => EMAIL,
    'service-accounts/default/token': async () =>
      JSON.stringify({ access_token: await accessToken(google.tokenUrl, key), expires_in: 3599, token_type: 'Bearer' }),
  };
  const metadata = createServer(async (request, response) => {
    const path = /^\/computeMetadata\/v1\/instance\/([^?]*)/.exec(request.url ?? '')?.[1] ?? '';
    const body = await answers[path]?.();
    const type = body?.startsWith('{') ? 'application/json' : 'text/plain';
    response.writeHead(body === undefined ? 404 : 200, { 'metadata-flavor': 'Google', 'content-type': type }).end(body);
  });

  const account: CloudAccount = { env: {}, signing: 'works', signedCount: 0, close: () => Promise.resolve() };
  const certificate = certificateOf(key.private_key);
  const iam = createTlsServer({ key: key.private_key, cert: certificate }, signBlobs(key.private_key, account));
  const iamPort = Number(new URL(await listen(iam as unknown as Server, 0)).port);
  const tunnels = new Set<Socket>();
  const proxy = createServer().on('connect', (request: IncomingMessage, near: Socket) => {
    if (request.url !== `${IAM}:443`) return near.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    const far = connect(iamPort, '127.0.0.1', () => near.write('HTTP/1.1 200 OK\r\n\r\n'));
    for (const socket of [near, far]) tunnels.add(socket.on('error', () => undefined));
    return near.pipe(far).pipe(near);
  });
  const certificateFile = join(directory, 'iam.pem');
  await writeFile(certificateFile, certificate);
  account.env = {
    GCE_METADATA_HOST: new URL(await listen(metadata, 0)).host,
    METADATA_SERVER_DETECTION: 'assume-present',
    HTTPS_PROXY: await listen(proxy, 0),
    NO_PROXY: '127.0.0.1,localhost',
    NODE_EXTRA_CA_CERTS: certificateFile,
  };
  account.close = async () => {
    for (const tunnel of tunnels) tunnel.destroy();
    await Promise.all([metadata, proxy, iam as unknown as Server].map(closeServer));
  };
  return account;
}

function signBlobs(privateKey: string, account: CloudAccount): RequestListener {
  return async (request: IncomingMessage, response: ServerResponse) => {
    account.signedCount += 1;
    if (account.signing === 'hangs') return;
    const { payload } = JSON.parse(await text(request)) as { payload: string };
    const isSigning = request.url === `/v1/projects/-/serviceAccounts/${EMAIL}:signBlob`;
    const signedBlob = sign('sha256', Buffer.from(payload, 'base64'), privateKey).toString('base64');
    response.writeHead(isSigning ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isSigning ? { keyId: 'google-managed', signedBlob } : { error: { code: 404 } }));
  };
}

function certificateOf(privateKey: string): string {
  const now = Date.now();
  const DAY_MS = 24 * 3_600_000;
  return selfSignedCertificate(createPrivateKey(privateKey), {
    commonName: IAM,
    notBefore: new Date(now - DAY_MS),
    notAfter: new Date(now + DAY_MS),
  });
}
