/** Shows in the terminal what the service tells its operators: the lines of its log about incidents. */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { bold } from './progress.ts';

const Line = z.object({
  time: z.string(),
  code: z.enum(['incident_opened', 'incident_escalated', 'incident_resolved']),
  incidentId: z.string(),
  alert: z.string(),
  incidentSeverity: z.enum(['info', 'warning', 'critical']),
  title: z.object({ en: z.string(), ko: z.string() }),
  observed: z.string().optional(),
});

/** All functions in one process, or the watch in its own. */
const LOGS = ['functions.log', 'watchService.log'];
const EVERY_MS = 1_000;
const MOST_BYTES = 1024 * 1024;

const MARK = { incident_opened: '▲', incident_escalated: '▲▲', incident_resolved: '✓' };
const WHAT = { incident_opened: '', incident_escalated: ' is critical now · 심각해짐', incident_resolved: ' is over · 해결됨' };

/** From now on. @param logs - the folder of the logs @returns what ends it */
export function tellIncidents(logs: string, say: (text: string) => void): () => void {
  const readers = LOGS.map((name) => newLinesOf(join(logs, name)));
  const tell = () => {
    for (const line of readers.flatMap((read) => read())) {
      const text = describeLine(line);
      if (text !== undefined) say(text);
    }
  };
  const timer = setInterval(tell, EVERY_MS);
  return () => {
    clearInterval(timer);
    tell();
  };
}

/** @returns undefined for what is about something else */
export function describeLine(line: string): string | undefined {
  if (!line.includes('"incident_')) return undefined;
  const { data } = Line.safeParse(parsed(line));
  if (!data || data.incidentSeverity === 'info') return undefined;
  const { time, code, incidentSeverity, title, observed, alert, incidentId } = data;
  const at = new Date(time).toTimeString().slice(0, 8);
  const head = bold(`${MARK[code]} ${at} [${incidentSeverity}] ${title.en} · ${title.ko}${WHAT[code]}`);
  const about = `  ${incidentId}${observed === undefined || code === 'incident_resolved' ? '' : `: ${observed}`}   docs/runbook.md#${alert}`;
  return `${head}\n${about}`;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Reads on where it stopped; a line that is not yet whole waits. */
function newLinesOf(file: string): () => string[] {
  let readTo = existsSync(file) ? statSync(file).size : 0;
  let rest = '';
  return () => {
    const size = existsSync(file) ? statSync(file).size : 0;
    if (size <= readTo) return [];
    const bytes = Buffer.alloc(Math.min(size - readTo, MOST_BYTES));
    const descriptor = openSync(file, 'r');
    readTo += readSync(descriptor, bytes, 0, bytes.length, readTo);
    closeSync(descriptor);
    const lines = (rest + bytes.toString()).split('\n');
    rest = lines.pop() ?? '';
    return lines;
  };
}
