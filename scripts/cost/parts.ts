/** What a month uses, line by line, before anything is priced. */
import type { PriceName } from '#shared/reports';

/** The parts of the bill, and to which row of the former estimate they belong. */
export const PARTS = {
  functions: 'hosting',
  jobs: 'hosting',
  sign_in: 'hosting',
  hosting: 'hosting',
  scheduler: 'hosting',
  logging: 'hosting',
  monitoring: 'hosting',
  secrets: 'hosting',
  builds: 'hosting',
  firestore: 'database',
  backups_reads: 'database',
  weekly_check: 'database',
  media: 'storage',
  egress: 'storage',
  backups_stored: 'storage',
  provider: 'api',
} as const;

export type Part = keyof typeof PARTS;
export type Row = (typeof PARTS)[Part];

export interface Use {
  part: Part;
  price: PriceName;
  units: number;
  /** No free quota is for it: a named database, deletions by TTL. */
  isNeverFree?: boolean;
}
