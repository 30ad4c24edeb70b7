/** The table for the README, and the file that the same figures are kept in. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { projectFolder } from '../../check/command.ts';
import type { Finding } from './finding.ts';

export interface SpeedReport {
  measuredOn: string;
  rounds: number;
  findings: Finding[];
  /** Milliseconds to the first answer, by function; with `--isolate`. */
  starts?: Record<string, number>;
  /** Firestore's client by gRPC and by REST. */
  clients: Record<'grpc' | 'rest', { loadMs: number; firstReadMs: number; cpuMs: number; rssMib: number }>;
}

const BENCH_FILE = 'docs/measured/speed.json';
const BEGIN = '<!-- speed: npm run bench -- speed --store -->';
const END = '<!-- /speed -->';
const PAGES = ['README.md', 'README.ko.md'];

export function asMarkdown({ findings, measuredOn, rounds }: SpeedReport): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  const rows = findings.map(({ what, goal, measured, isMet }) => line([what, goal, measured, isMet ? '✓' : '✗']));
  const head = [line(['what', 'goal', 'measured', '']), line(['---', '---', '---', '---'])];
  return [BEGIN, '', ...head, ...rows, '', `Medians of ${rounds} alternating rounds on one machine, ${measuredOn}.`, '', END].join('\n');
}

/** Also into the pages that have a place for it. */
export function store(report: SpeedReport): void {
  const file = join(projectFolder, BENCH_FILE);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`);
  for (const page of PAGES.map((name) => join(projectFolder, name)).filter(existsSync)) {
    const text = readFileSync(page, 'utf8');
    const [before, rest] = [text.split(BEGIN)[0]!, text.split(BEGIN)[1]];
    const after = rest?.split(END)[1];
    if (after !== undefined) writeFileSync(page, before + asMarkdown(report) + after);
  }
}
