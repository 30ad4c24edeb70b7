/** Everything the doctor looks at, list by list. */
import { cors } from './after/cors.ts';
import { features } from './after/features.ts';
import { figures } from './after/figures.ts';
import { functions } from './after/functions.ts';
import { headers } from './after/headers.ts';
import { incidents } from './after/incidents.ts';
import { ledgerCheck } from './asked/ledger.ts';
import { alertChannel } from './before/alertChannel.ts';
import { backups } from './before/backups.ts';
import { buckets } from './before/buckets.ts';
import { clock } from './before/clock.ts';
import { content } from './before/content.ts';
import { cpuQuota } from './before/cpuQuota.ts';
import { databaseCheck } from './before/database.ts';
import { indexes } from './before/indexes.ts';
import { jobs } from './before/jobs.ts';
import { jwtSecret } from './before/jwtSecret.ts';
import { provider } from './before/provider.ts';
import { regions } from './before/regions.ts';
import { rules } from './before/rules.ts';
import { runtime } from './before/runtime.ts';
import { settings } from './before/settings.ts';
import { signIn } from './before/signIn.ts';
import { storageKeyCheck } from './before/storageKey.ts';
import type { Check } from './check.ts';
import { errors } from './during/errors.ts';
import { responseTimes } from './during/responseTimes.ts';
import { startLogs } from './during/startLogs.ts';
import { userAccess } from './during/userAccess.ts';

export const checks: Check[] = [
  ...[settings, databaseCheck, jwtSecret, provider, signIn, content, storageKeyCheck, buckets, indexes, rules, regions, jobs, backups],
  ...[alertChannel, clock, runtime, cpuQuota],
  ...[startLogs, responseTimes, errors, userAccess],
  ...[functions, headers, cors, features, figures, incidents],
  ledgerCheck,
];
