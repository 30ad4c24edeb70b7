/** What the control plane knows: resources by their full names, as one JSON file that is replaced at each change. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeAtomically } from '../google/atomicFile.ts';
import { createTurns } from '../google/turns.ts';

export type Resource = Record<string, unknown>;

const File = z.record(z.string(), z.record(z.string(), z.unknown()));

export class Resources {
  private readonly file: string;
  private readonly byName: Map<string, Resource>;
  private readonly turns = createTurns();

  private constructor(file: string, known: Record<string, Resource>) {
    this.file = file;
    this.byName = new Map(Object.entries(known));
  }

  static open(directory: string): Resources {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const file = join(directory, 'resources.json');
    return new Resources(file, existsSync(file) ? File.parse(JSON.parse(readFileSync(file, 'utf8'))) : {});
  }

  get(name: string): Resource | undefined {
    return this.byName.get(name);
  }

  /** Those whose whole names match, in the order in which they were made. */
  list(names: RegExp): Resource[] {
    return [...this.byName].filter(([name]) => names.test(name)).map(([, value]) => value);
  }

  /** On the disk before the caller answers. */
  async put<Value extends Resource>(name: string, value: Value): Promise<Value> {
    this.byName.set(name, value);
    await this.save();
    return value;
  }

  async remove(name: string): Promise<void> {
    this.byName.delete(name);
    await this.save();
  }

  /** A number that grows with each call: names that must differ are made of it. */
  async next(counter: string): Promise<number> {
    const value = Number(this.byName.get(`counters/${counter}`)?.['value'] ?? 0) + 1;
    await this.put(`counters/${counter}`, { value });
    return value;
  }

  settled(): Promise<void> {
    return this.turns.settled();
  }

  private save(): Promise<void> {
    return this.turns.run('file', () => writeAtomically(this.file, JSON.stringify(Object.fromEntries(this.byName), null, 1)));
  }
}
