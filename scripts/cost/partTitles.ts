/** The parts of the bill, for people. */
import type { Part } from './parts.ts';

export const PART_TITLES: Record<Part, string> = {
  functions: 'functions that people call',
  jobs: 'recurring jobs and the worker',
  sign_in: 'Firebase Auth',
  hosting: 'Firebase Hosting',
  scheduler: 'Cloud Scheduler',
  logging: 'Cloud Logging',
  monitoring: 'Cloud Monitoring, alerts, uptime check',
  secrets: 'Secret Manager',
  builds: 'Artifact Registry, Cloud Build',
  firestore: 'Firestore',
  backups_reads: 'backups: exports and what is read for them',
  weekly_check: 'backups: the weekly check database',
  media: 'Cloud Storage: songs and pictures',
  egress: 'bytes sent to listeners',
  backups_stored: 'backups: what is kept',
  provider: 'provider credits',
};
