import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { projectFolder } from '../../check/command.ts';
import { askGoogle } from '../askGoogle.ts';
import { broken, type Check, doubtful, sound } from '../check.ts';

const Field = z.object({ fieldPath: z.string(), order: z.string().optional(), arrayConfig: z.string().optional() });
const Declared = z.object({
  indexes: z.array(z.object({ collectionGroup: z.string(), queryScope: z.string(), fields: z.array(Field) })),
  fieldOverrides: z.array(z.object({ collectionGroup: z.string(), fieldPath: z.string(), ttl: z.boolean().optional() })),
});
const Indexes = z.object({
  indexes: z.array(z.object({ name: z.string(), queryScope: z.string(), state: z.string(), fields: z.array(Field) })).default([]),
});
const Fields = z.object({
  fields: z.array(z.object({ name: z.string(), ttlConfig: z.object({ state: z.string() }).optional() })).default([]),
});

export const indexes: Check = {
  name: 'indexes',
  list: 'before',
  summary: { en: "Firestore's indexes and lives (TTL) are the committed ones, and ready", ko: 'Firestore 색인과 TTL' },
  async look({ site }) {
    const declared = Declared.parse(JSON.parse(readFileSync(join(projectFolder, 'firestore.indexes.json'), 'utf8')));
    const lives = declared.fieldOverrides.filter(({ ttl }) => ttl);
    const counted = `${declared.indexes.length} indexes, ${lives.length} lives`;
    if (!site.hasControlPlane) return sound(`${counted} are declared; the emulator needs none`);
    const database = `/v1/projects/${site.projectId}/databases/(default)/collectionGroups`;
    const [found, fields] = await Promise.all([
      askGoogle(site, 'firestore', `${database}/-/indexes?pageSize=300`, Indexes),
      askGoogle(site, 'firestore', `${database}/-/fields?filter=ttlConfig:*&pageSize=300`, Fields),
    ]);
    const ready = new Set(
      found.indexes
        .filter(({ state }) => state === 'READY')
        .map(({ name, ...index }) => keyOf({ ...index, collectionGroup: groupIn(name) })),
    );
    const building = new Set(
      found.indexes
        .filter(({ state }) => state === 'CREATING')
        .map(({ name, ...index }) => keyOf({ ...index, collectionGroup: groupIn(name) })),
    );
    const alive = new Set(
      fields.fields.filter(({ ttlConfig }) => ttlConfig).map(({ name }) => `${groupIn(name)}.${name.split('/').at(-1)}`),
    );
    const absent = [
      ...declared.indexes.map(keyOf).filter((key) => !ready.has(key) && !building.has(key)),
      ...lives
        .map((life) => `${life.collectionGroup}.${life.fieldPath}`)
        .filter((key) => !alive.has(key))
        .map((key) => `life of ${key}`),
    ];
    const waiting = declared.indexes.map(keyOf).filter((key) => building.has(key));
    if (absent.length > 0) return broken([`${absent.length} of ${counted} are missing:`, ...absent], DEPLOY);
    if (waiting.length > 0) return doubtful([`${waiting.length} are still being built:`, ...waiting], WAIT);
    return sound(`${counted}, all as committed and ready`);
  },
};

const DEPLOY = { en: 'npm run deploy makes them; queries that need them fail until then.', ko: 'npm run deploy 로 만드세요.' };
const WAIT = { en: 'Wait: Firestore builds them in minutes, or hours where there is much.', ko: '색인이 만들어질 때까지 기다리세요.' };

/** Firestore adds the name of the document at the end by itself. */
function keyOf({ collectionGroup, queryScope, fields }: z.output<typeof Declared>['indexes'][number]): string {
  const told = fields
    .filter(({ fieldPath }) => fieldPath !== '__name__')
    .map(({ fieldPath, order, arrayConfig }) => `${fieldPath} ${order ?? arrayConfig ?? ''}`);
  return `${collectionGroup} (${told.join(', ')})${queryScope === 'COLLECTION' ? '' : ` ${queryScope}`}`;
}

function groupIn(name: string): string {
  return /\/collectionGroups\/([^/]+)\//.exec(name)?.[1] ?? '';
}
