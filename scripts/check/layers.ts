/** Which part of the code may use which. Imports go down only; what is not written here is not allowed. */

/** The layer everything stands on, and the one above it, whose members do not know each other. */
const BASE = ['runtime'];
const GROUND = ['access', 'limits', 'music', 'media'];
const BELOW_DOMAINS = [...BASE, ...GROUND];

/** For each folder of `shared/`: the other folders it may use. */
export const SHARED: Record<string, string[]> = {
  runtime: [],
  access: BASE,
  limits: BASE,
  music: BASE,
  media: BASE,
  reporting: BASE,
  health: BELOW_DOMAINS,
  files: BELOW_DOMAINS,
  accounts: [...BELOW_DOMAINS, 'files'],
  songs: [...BELOW_DOMAINS, 'files', 'accounts'],
  images: [...BELOW_DOMAINS, 'files'],
  playlists: [...BELOW_DOMAINS, 'songs', 'accounts'],
  generation: [...BELOW_DOMAINS, 'health', 'files', 'songs', 'images', 'accounts'],
  lyrics: [...BELOW_DOMAINS, 'generation'],
  erasure: [...BELOW_DOMAINS, 'files', 'images', 'songs', 'generation'],
  jobs: BASE,
  figures: BELOW_DOMAINS,
  incidents: BELOW_DOMAINS,
  snapshots: BELOW_DOMAINS,
  backups: [...BELOW_DOMAINS, 'erasure', 'snapshots'],
  reports: [...BELOW_DOMAINS, 'figures', 'files', 'songs', 'generation'],
  watch: [...BELOW_DOMAINS, 'health', 'jobs', 'figures', 'incidents', 'backups', 'generation', 'operations'],
  operations: [...BELOW_DOMAINS, 'health', 'jobs', 'files', 'images', 'songs', 'playlists', 'generation', 'accounts'],
  admin: [...BELOW_DOMAINS, 'accounts', 'songs', 'generation', 'operations'],
  endpoint: [...BELOW_DOMAINS, 'health', 'figures', 'reporting'],
  client: [], // for apps: they have nothing of ours but this
};

/** The folders of `functions/`: the noun that is touched, or who runs it. */
export const AREAS = ['accounts', 'songs', 'playlists', 'images', 'files', 'admin', 'system', 'scheduled'];

/** What is wrong with an import of `imported` by `importer`, both paths from the project's folder; `undefined` when nothing is. */
export function directionFault(importer: string, imported: string): string | undefined {
  const [from, to] = [partOf(importer), partOf(imported)];
  if (from === to && from.startsWith('shared/')) return undefined;
  if (!mayUse(from, to)) return `${from} must not know ${to}`;
  const isInside = to.startsWith('shared/') && imported !== `${to}/index.ts`;
  if (isInside && !importer.startsWith('tests/shared/')) return `${to} is reached by its front door only: #${to}`;
  return undefined;
}

/** `shared/<folder>`, or the top folder; `.` for files at the top. */
function partOf(path: string): string {
  const [top, folder, ...rest] = path.split('/');
  if (folder === undefined) return '.';
  return top === 'shared' && rest.length > 0 ? `shared/${folder}` : top!;
}

function mayUse(from: string, to: string): boolean {
  if (from === 'functions' && to === 'docs') return true; // getOpenApi answers with the document itself
  if (from === 'tests') return true;
  if (from === 'scripts') return to !== 'tests';
  if (!to.startsWith('shared/')) return false;
  if (from === 'functions') return true;
  return SHARED[from.slice('shared/'.length)]?.includes(to.slice('shared/'.length)) ?? false;
}
