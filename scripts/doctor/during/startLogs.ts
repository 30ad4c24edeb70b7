import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { askGoogle } from '../askGoogle.ts';
import { broken, type Check, type CheckContext, sound } from '../check.ts';
import type { Site } from '../site.ts';

const Entry = z.object({ severity: z.string(), message: z.string().catch(''), event: z.string().optional() });
const Entries = z.object({
  entries: z
    .array(
      z.object({
        jsonPayload: z.object({ message: z.string().catch('') }).optional(),
        textPayload: z.string().optional(),
        resource: z.object({ labels: z.record(z.string(), z.string()).default({}) }).default({ labels: {} }),
      }),
    )
    .default([]),
});
const SERIOUS = ['ERROR', 'CRITICAL', 'ALERT', 'EMERGENCY'];
const LOOKS_BACK_MS = 60 * 60_000;
const SHOWN = 5;
const SHOWN_CHARACTERS = 160;

export const startLogs: Check = {
  name: 'startLogs',
  list: 'during',
  summary: { en: 'the logs of the starts have no errors', ko: '시작 로그의 오류' },
  async look({ site, sinceAt = new Date(Date.now() - LOOKS_BACK_MS) }: CheckContext) {
    const errors = site.hasControlPlane ? await errorsInCloud(site, sinceAt) : errorsInFiles(site.logs);
    if (errors.length === 0) return sound(site.hasControlPlane ? `no errors since ${sinceAt.toISOString()}` : 'no errors since the start');
    const told = [...new Set(errors)].slice(0, SHOWN).map((text) => text.slice(0, SHOWN_CHARACTERS));
    return broken([`${errors.length} errors:`, ...told], {
      en: 'Read them whole: Error Reporting on Google Cloud, .sori/logs on this machine.',
      ko: '전체 내용은 Error Reporting 또는 .sori/logs에서 확인하세요.',
    });
  },
};

async function errorsInCloud({ projectId, ...site }: Site, sinceAt: Date): Promise<string[]> {
  const body = {
    resourceNames: [`projects/${projectId}`],
    filter: `resource.type="cloud_run_revision" severity>=ERROR timestamp>="${sinceAt.toISOString()}"`,
    orderBy: 'timestamp desc',
    pageSize: 100,
  };
  const { entries } = await askGoogle({ projectId, ...site }, 'logging', '/v2/entries:list', Entries, { method: 'POST', body });
  return entries.map(
    ({ jsonPayload, textPayload, resource }) =>
      `${resource.labels['service_name'] ?? ''}: ${firstLine(jsonPayload?.message ?? textPayload ?? '')}`,
  );
}

function errorsInFiles(folder: string | undefined): string[] {
  if (!folder || !existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => name.startsWith('functions') && name.endsWith('.log'));
  return files.flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').flatMap(errorIn));
}

function errorIn(line: string): string[] {
  if (!line.startsWith('{')) return [];
  try {
    const { severity, message } = Entry.parse(JSON.parse(line));
    return SERIOUS.includes(severity) ? [firstLine(message)] : [];
  } catch {
    return []; // cut off, as the process that wrote it was
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
