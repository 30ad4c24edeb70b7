/** What is deployed, as a folder that the firebase CLI takes: the build, the settings, the rules. It stays with the release. */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildFunctions } from '../build/buildFunctions.ts';
import { entryPath } from '../build/bundleFunctions.ts';
import { projectFolder } from '../check/command.ts';
import type { RegisteredEndpoint } from '../loadEndpoints.ts';
import { accountOf, emailOf } from './accounts.ts';

const COPIED = ['firebase.json', 'firestore.rules', 'firestore.indexes.json', 'storage.rules', 'functions.yaml'];

/** Builds it anew. @returns the digest of all that is in it */
export async function makeBundle(folder: string, projectId: string, settings: Record<string, string>): Promise<string> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await buildFunctions(join(folder, 'dist'));
  for (const name of COPIED) cpSync(join(projectFolder, name), join(folder, name));
  writeFileSync(join(folder, 'dist', `.env.${projectId}`), settingsText(settings));
  const hash = createHash('sha256');
  for (const path of filesBelow(folder)) hash.update(`${path}\0`).update(readFileSync(join(folder, path)));
  return hash.digest('hex').slice(0, 16);
}

/** As the CLI reads it: quoted, so that no value can end its line or begin a comment. */
export function settingsText(settings: Record<string, string>): string {
  const lines = Object.entries(settings).map(([name, value]) => {
    if (/[\n\r]/.test(value)) throw new Error(`${name}: a setting is one line`);
    return `${name}="${value.replace(/[\\"]/g, '\\$&')}"\n`;
  });
  return `# Made by npm run deploy. Settings only: secrets stand in Secret Manager.\n${lines.join('')}`;
}

function filesBelow(folder: string): string[] {
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return all.filter((path) => !path.endsWith('.map') && statSync(join(folder, path)).isFile());
}

const LABEL = 'sori-digest';
const ENTRY = /^ {2}(\w+):\n((?: {4}.*\n)+)/gm;

/** By function: the digest of what it runs and how. Equal to the label of the deployed one: nothing to do. */
export type Digests = Record<string, string>;

export interface ManifestWish {
  folder: string;
  projectId: string;
  endpoints: RegisteredEndpoint[];
  /** The newest version of each secret that is there; settings whose secret is not are left out. */
  secretVersions: Record<string, string>;
}

/**
 * Writes the manifest that is deployed: the generated one, with the account of each function, its digest as a label, and no secret that
 * nobody has given.
 */
export function writeManifest({ folder, projectId, endpoints, secretVersions }: ManifestWish): Digests {
  const { text, digests } = manifestFor({ folder, projectId, endpoints, secretVersions });
  writeFileSync(join(folder, 'dist', 'functions.yaml'), text);
  return digests;
}

export function manifestFor({ folder, projectId, endpoints, secretVersions }: ManifestWish): { text: string; digests: Digests } {
  const digests: Digests = {};
  const settings = readFileSync(join(folder, 'dist', `.env.${projectId}`), 'utf8');
  const base = readFileSync(join(folder, 'functions.yaml'), 'utf8');
  const text = base.replace(ENTRY, (_, name: string, fields: string) => {
    const endpoint = endpoints.find((found) => found.name === name);
    if (!endpoint) throw new Error(`functions.yaml names ${name}, which there is not. npm run generate`);
    const account = `    serviceAccount: ${emailOf(accountOf(endpoint), projectId)}\n`;
    const secrets = endpoint.secrets.filter((secret) => secretVersions[secret] !== undefined);
    const given = secrets.length > 0 ? `    secretEnvironmentVariables: [${secrets.map((key) => `{ key: ${key} }`).join(', ')}]\n` : '';
    const entry = fields.replace(/^ {4}secretEnvironmentVariables: .*\n/m, '') + account + given;
    const versions = secrets.map((secret) => `${secret}@${secretVersions[secret]}`).join();
    const hash = createHash('sha256').update(entry).update(versions).update(settings);
    for (const path of reachOf(join(folder, 'dist'), entryPath(name)))
      hash.update(`${path}\0`).update(readFileSync(join(folder, 'dist', path)));
    digests[name] = hash.digest('hex').slice(0, 16);
    return `  ${name}:\n${entry}    labels: { ${LABEL}: "${digests[name]}" }\n`;
  });
  return { text, digests };
}

export function digestOf(labels: Record<string, string> | undefined): string | undefined {
  return labels?.[LABEL];
}

/** The files that an entry can load: chunks name each other by their paths. */
function reachOf(dist: string, entry: string): string[] {
  const seen = new Set<string>(['index.js', 'package.json']);
  const waiting = [entry];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const text = readFileSync(join(dist, path), 'utf8');
    for (const [, chunk] of text.matchAll(/["'](?:\.\.?\/)+((?:chunks\/)?[\w-]+-[A-Z0-9]{8}\.js)["']/g)) {
      if (chunk) waiting.push(chunk.startsWith('chunks/') ? chunk : `chunks/${chunk}`);
    }
  }
  return [...seen].sort();
}
