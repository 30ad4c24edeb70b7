/**
 * The functions as they were deployed: each from the uploaded source of the revision that has the traffic, with its settings and
 * secrets, in a process of its own that starts at the first call. A new revision takes the next call.
 */
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { type Cloud, isPublic, type Revision, servingRevision } from '../controlPlane/index.ts';
import type { FunctionPool } from '../functions.ts';
import { isolatedFunctions } from '../isolatedFunctions.ts';

export interface DeployedOptions {
  cloud: Cloud;
  region: string;
  /** Addresses of the stand-ins: they win over what was deployed. */
  addresses: Record<string, string>;
  logFolder: string;
}

interface Running {
  revision: string;
  pool: FunctionPool;
}

/** @param names - of all functions there may be, deployed or not */
export function deployedFunctions(names: string[], options: DeployedOptions): FunctionPool {
  const running = new Map<string, Running>();
  return {
    names,
    answer(name, request, response) {
      const service = serviceOf(name, options);
      const revision = servingRevision(service, options.cloud);
      if (!revision) return refuse(response, 404, 'Page not found');
      // Google's front end asks first; what it lets in the function checks itself.
      if (!isPublic(service, options.cloud) && !request.headers.authorization) return refuse(response, 403, 'Forbidden');
      let current = running.get(name);
      if (current?.revision !== revision.name) {
        void current?.pool.close();
        current = { revision: revision.name, pool: poolFor(name, revision, options) };
        running.set(name, current);
      }
      current.pool.answer(name, request, response);
    },
    close: async () => {
      await Promise.all([...running.values()].map(({ pool }) => pool.close()));
    },
  };
}

function serviceOf(name: string, { cloud, region }: DeployedOptions): string {
  return `projects/${cloud.projectId}/locations/${region}/services/${name.toLowerCase()}`;
}

function refuse(response: ServerResponse, status: number, title: string): void {
  response.writeHead(status, { 'Content-Type': 'text/html; charset=UTF-8' }).end(`<title>${status} ${title}</title>`);
}

function poolFor(name: string, { digest, environment, secrets }: Revision, { cloud, addresses, logFolder }: DeployedOptions): FunctionPool {
  const environmentOfSecrets = Object.fromEntries(secrets.map(({ key, ...from }) => [key, secretText(from, cloud)]));
  const env = { PATH: process.env['PATH'], ...environment, ...environmentOfSecrets, ...addresses, GOOGLE_CLOUD_PROJECT: cloud.projectId };
  const source = join(cloud.sourcesFolder, digest);
  return isolatedFunctions({ names: [name], instances: 1, source, logFolder, env, report: (text) => console.error(text) });
}

function secretText({ projectId, secret, version }: { projectId: string; secret: string; version: string }, { resources }: Cloud): string {
  const data = resources.get(`projects/${projectId}/secrets/${secret}/versions/${version}#payload`)?.['data'];
  return Buffer.from(String(data ?? ''), 'base64').toString();
}
