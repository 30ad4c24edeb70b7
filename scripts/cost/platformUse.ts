/** What is around the functions: sign-in, Scheduler, logs, alerts, secrets, images, builds; and the provider. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { projectFolder } from '../check/command.ts';
import type { RegisteredEndpoint } from '../loadEndpoints.ts';
import { runsOf } from './functionsUse.ts';
import type { Use } from './parts.ts';
import { PLATFORM, SONG } from './referenceUser.ts';
import { MONTH_MINUTES, MONTH_S, type Plan, periodsWithCalls } from './workload.ts';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const MONITORING = join(projectFolder, 'scripts', 'monitoring');
/** A condition is looked at every 30 s; each is aggregated to one series. */
const EVALUATIONS = MONTH_S / 30;
const BYTES_OF_POINT = 8;
/** Two of the metrics are told by function. */
const SERIES_PER_FUNCTION = 2;
/** The storage key is read again every 5 minutes while it is used. */
const KEY_S = 300;

const Policy = z.object({ conditions: z.array(z.unknown()) });

/** The alert policies as they are deployed. */
function countConditions(): number {
  const folder = join(MONITORING, 'policies');
  const policies = readdirSync(folder).map((file) => Policy.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))));
  return policies.reduce((sum, { conditions }) => sum + conditions.length, 0);
}

export function platformUse(plan: Plan, calls: Map<string, number>, endpoints: RegisteredEndpoint[]): Use[] {
  const jobs = endpoints.filter(({ schedule }) => schedule !== undefined);
  const lines = [...calls.values()].reduce((sum, count) => sum + count, 0) + jobs.reduce((sum, job) => sum + runsOf(job), 0);
  const conditions = countConditions();
  return [
    { part: 'sign_in', price: 'activePeople', units: plan.users },
    { part: 'scheduler', price: 'schedulerJobs', units: jobs.length },
    { part: 'logging', price: 'logGib', units: (lines * PLATFORM.logBytes) / GIB },
    { part: 'monitoring', price: 'metricMib', units: (endpoints.length * SERIES_PER_FUNCTION * MONTH_MINUTES * BYTES_OF_POINT) / MIB },
    { part: 'monitoring', price: 'alertConditions', units: conditions },
    { part: 'monitoring', price: 'alertPoints', units: conditions * EVALUATIONS },
    { part: 'monitoring', price: 'uptimeChecks', units: 3 * MONTH_MINUTES },
    ...secretsUse(calls, endpoints),
    ...buildsUse(endpoints),
    { part: 'provider', price: 'providerCredits', units: plan.users * plan.songs * SONG.providerCredits },
  ];
}

function secretsUse(calls: Map<string, number>, endpoints: RegisteredEndpoint[]): Use[] {
  const names = new Set(endpoints.flatMap(({ secrets }) => secrets));
  const storageKey = 1;
  const accesses = endpoints.reduce((sum, { name, secrets, feature, access }) => {
    const count = calls.get(name) ?? 0;
    const starts = count * Math.exp(-(count * PLATFORM.keptS) / MONTH_S);
    const signs = feature === 'streaming' || feature === 'uploads' ? periodsWithCalls(count, KEY_S) : 0;
    return sum + starts * secrets.length + signs + (access === 'scheduler' ? MONTH_S / KEY_S : 0);
  }, 0);
  return [
    { part: 'secrets', price: 'secretVersions', units: names.size + storageKey },
    { part: 'secrets', price: 'secretAccesses', units: accesses },
  ];
}

function buildsUse(endpoints: RegisteredEndpoint[]): Use[] {
  const { imageBytes, releases, deploymentsPerMonth, buildMinutes } = PLATFORM;
  return [
    { part: 'builds', price: 'imageGib', units: (endpoints.length * releases * imageBytes) / GIB },
    { part: 'builds', price: 'buildMinutes', units: endpoints.length * deploymentsPerMonth * buildMinutes },
  ];
}
