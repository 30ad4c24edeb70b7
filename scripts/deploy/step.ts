/** A deployment as a list of steps: each can say what it would do, and do it; each can be done twice. */
import type { RegisteredEndpoint } from '../loadEndpoints.ts';
import type { DeployCommand } from './commandLine.ts';
import type { Release, Releases } from './release.ts';
import type { Target } from './target.ts';

/** In the two languages of the service. */
export interface Words {
  en: string;
  ko: string;
}

export interface Deployment {
  target: Target;
  command: DeployCommand;
  endpoints: RegisteredEndpoint[];
  releases: Releases;
  release: Release;
  /** What is deployed, as the firebase CLI takes it. */
  folder: string;
  /** What the CLI and others print, for whoever wants to know more. */
  logFile: string;
  /** A line that stays. */
  say(text: string): void;
  /** Keeps what a rehearsal holds in memory. */
  persist(): Promise<void>;
  /** Writes the release's record down. */
  save(change?: Partial<Release>): void;
}

export interface Step {
  name: string;
  title: Words;
  /** What it would change, for people; nothing when all is as it is to be. */
  plan(deployment: Deployment): Promise<string[]>;
  /** @returns what was done or seen. @throws {Stopped}, or whatever went wrong */
  run(deployment: Deployment): Promise<string[]>;
}

/** A step that cannot go on, with what the operator does next. */
export class Stopped extends Error {
  readonly next: Words;
  constructor(message: string, next: Words) {
    super(message);
    this.next = next;
  }
}
