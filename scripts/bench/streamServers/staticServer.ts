/** A server for one file and nothing else, as a process of its own: what any other server of files is measured against. */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { startLeashed } from '../../local/processes/child.ts';
import { startPart } from '../../local/processes/part.ts';
import { freePort } from '../../local/processes/port.ts';
import { waitUntil } from '../../local/waitUntil.ts';

export interface StaticServer {
  /** For people: what it is. */
  name: string;
  url: string;
  close(): Promise<void>;
}

/** nginx when it is installed. @param directory - for its log and its settings */
export function startStaticServer(file: string, directory: string): Promise<StaticServer> {
  return spawnSync('nginx', ['-v']).status === 0 ? startNginx(file, directory) : startNodeServer(file, directory);
}

async function startNodeServer(file: string, directory: string): Promise<StaticServer> {
  const logFile = join(directory, 'static.log');
  const { ready, child } = await startPart<{ port: number }>(join(import.meta.dirname, 'staticProcess.ts'), { file }, { logFile });
  return { name: 'a bare server on Node', url: `http://127.0.0.1:${ready.port}/`, close: () => child.stop() };
}

/** One worker, as streamSong has one process. */
async function startNginx(file: string, directory: string): Promise<StaticServer> {
  const port = await freePort();
  const config = join(directory, 'nginx.conf');
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${directory}/nginx-${name};`);
  await writeFile(
    config,
    `daemon off; user ${userInfo().username}; worker_processes 1; pid ${directory}/nginx.pid; error_log ${directory}/nginx.log;
    events {}
    http {
      access_log off; sendfile on; tcp_nopush on; ${paths.join(' ')}
      server { listen 127.0.0.1:${port}; root ${dirname(file)}; }
    }`,
  );
  const child = startLeashed('nginx', ['-c', config, '-e', join(directory, 'nginx.log')], { logFile: join(directory, 'nginx.log') });
  const url = `http://127.0.0.1:${port}/${basename(file)}`;
  const isUp = () =>
    fetch(url, { method: 'HEAD' }).then(
      ({ ok }) => ok,
      () => false,
    );
  await waitUntil('nginx answers', isUp, 5_000);
  return { name: 'nginx', url, close: () => child.stop() };
}
