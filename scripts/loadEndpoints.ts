import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Endpoint } from '#shared/endpoint';

export interface RegisteredEndpoint extends Endpoint {
  /** The folder that holds it: its tag in OpenAPI. */
  area: string;
  /** From the repository's root. */
  file: string;
}

const ROOT = path.resolve(import.meta.dirname, '..');

/** Every endpoint there is: the folder is the register. In order of area and name. */
export async function loadEndpoints(): Promise<RegisteredEndpoint[]> {
  const files = await readdir(path.join(ROOT, 'functions'), { recursive: true });
  const sources = files.filter((file) => file.endsWith('.ts')).sort();
  return Promise.all(sources.map(loadEndpoint));
}

async function loadEndpoint(source: string): Promise<RegisteredEndpoint> {
  const file = path.join('functions', source);
  const name = path.basename(source, '.ts');
  const module = (await import(`../functions/${source}`)) as Record<string, Endpoint>;
  const endpoint = module[name];
  if (endpoint?.name !== name) throw new Error(`${file} must export the endpoint ${name}`);
  return { ...endpoint, area: path.dirname(source), file };
}
