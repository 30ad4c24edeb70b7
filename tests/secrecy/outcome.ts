import type { Marks } from './marks.ts';

/** All that a marked house has written and sent. */
export interface Outcome {
  marks: Marks;
  seen: string[];
  /** Texts of documents, by collection; subcollections go by their own name. */
  collections: Record<string, string[]>;
  webhook: string[];
  envelopes: string[];
  spans: string[];
  /** Of the bucket for backups: what is no exported data. */
  manifests: Record<string, string>;
  /** Of the same bucket, everything, byte by byte. */
  backupFiles: Record<string, string>;
  /** What was answered to those who were refused. */
  refusals: string[];
}
