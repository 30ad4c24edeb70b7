import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Of every function there is, at the time when tests are collected. Those that Scheduler fires come first: they find an idle service. */
export function functionNames(): string[] {
  const files = readdirSync(join(import.meta.dirname, '..', '..', 'functions'), { recursive: true, encoding: 'utf8' });
  const sources = files.filter((file) => file.endsWith('.ts'));
  const isScheduled = (file: string) => Number(file.startsWith('scheduled'));
  return sources.sort((a, b) => isScheduled(b) - isScheduled(a) || a.localeCompare(b)).map((file) => basename(file, '.ts'));
}
