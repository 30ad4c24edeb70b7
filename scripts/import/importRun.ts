import type { PasswordHashing } from './schema.ts';

/** The account that a user of the description has become. */
export type Owner = { state: 'here'; uid: string; displayName: string } | { state: 'gone' } | { state: 'faulty' };

/** What every entry of one run is brought in with. */
export interface ImportRun {
  source: string;
  passwordHashing: PasswordHashing | undefined;
  /** Where the files are: real path, no links in it. */
  folder: string;
  isDryRun: boolean;
  /** The time of things whose description gives none. */
  now: Date;
  /** Ids of what earlier runs have brought in, whatever became of it. */
  imported: ReadonlySet<string>;
  /** By former id; filled by the users, read by what belongs to them. */
  owners: Map<string, Owner>;
}
