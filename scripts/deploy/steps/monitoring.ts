/** What watches from outside, as the files in scripts/monitoring/ say: metrics of logs, the uptime check, alert policies, the dashboard, the budget. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { projectFolder } from '../../check/command.ts';
import { holds } from '../holds.ts';
import type { Deployment, Step } from '../step.ts';

const FOLDER = join(projectFolder, 'scripts', 'monitoring');
const MONITORING = 'monitoring.googleapis.com';

/** Things of one kind, all made and changed alike. */
interface Kind {
  host: string;
  /** The collection's path, with the version. */
  path: string;
  /** The field of the list, and by which field one is known again. */
  list: string;
  key: 'name' | 'displayName';
  verb: 'PATCH' | 'PUT';
  wanted: Thing[];
}

const Thing = z.record(z.string(), z.unknown());
type Thing = z.output<typeof Thing>;

export const monitoring: Step = {
  name: 'monitoring',
  title: { en: 'alert policies, uptime check, budget', ko: '알림 정책, 가동 확인, 예산' },
  plan: () =>
    Promise.resolve([
      `${readdirSync(join(FOLDER, 'policies')).length} alert policies, an uptime check, metrics, a dashboard and the budget as scripts/monitoring/ says`,
    ]),
  async run(deployment) {
    const channels = await channelNames(deployment);
    const [metrics] = await apply(kind(deployment, 'logging.googleapis.com', 'v2', 'metrics', ['logMetrics.json'], {}), deployment);
    const [uptime, checks] = await apply(kind(deployment, MONITORING, 'v3', 'uptimeCheckConfigs', ['uptimeCheck.json'], {}), deployment);
    const UPTIME_CHECK_ID = String(checks[0]?.['name']).split('/').at(-1) ?? '';
    const policyFiles = readdirSync(join(FOLDER, 'policies')).map((name) => `policies/${name}`);
    const words = { UPTIME_CHECK_ID, ...channels };
    const [policies] = await apply(kind(deployment, MONITORING, 'v3', 'alertPolicies', policyFiles, words), deployment);
    const [boards] = await apply(kind(deployment, MONITORING, 'v1', 'dashboards', ['dashboard.json'], {}), deployment);
    const [budgets] = await apply(await budgetKind(deployment, channels), deployment);
    const changed = metrics + uptime + policies + boards + budgets;
    const silent = channels.NOTIFICATION_CHANNEL
      ? []
      : [
          '! nobody is told by these policies: add a channel at https://console.cloud.google.com/monitoring/alerting/notifications and repeat',
        ];
    return [`${policyFiles.length} policies and the rest; ${changed} changed`, ...silent];
  },
};

function kind({ target }: Deployment, host: string, version: string, list: string, files: string[], words: Record<string, string>): Kind {
  const wanted = z.array(Thing).parse(files.flatMap((file) => read(file, target, words)));
  const isMetrics = list === 'metrics';
  return {
    host,
    path: `/${version}/projects/${target.projectId}/${list}`,
    list,
    key: isMetrics ? 'name' : 'displayName',
    verb: isMetrics ? 'PUT' : 'PATCH',
    wanted,
  };
}

/** A file with its placeholders filled in. Without a channel there is none to name. */
function read(file: string, { projectId, region }: Deployment['target'], words: Record<string, string>): unknown {
  const known: Record<string, string> = { PROJECT: projectId, REGION: region, ...words };
  const text = readFileSync(join(FOLDER, file), 'utf8').replace(/\$\{(\w+)\}/g, (found, name: string) => known[name] ?? found);
  return JSON.parse(text.replace(/\[""\]/g, '[]'));
}

/** Makes what is missing, changes what differs. @returns how many, and all as they stand now */
async function apply({ host, path, list, key, verb, wanted }: Kind, { target: { google } }: Deployment): Promise<[number, Thing[]]> {
  const found = await google.ask(host, path, Thing, { query: { pageSize: '100' } });
  const known = z.array(Thing).catch([]).parse(found[list]);
  let changed = 0;
  const now: Thing[] = [];
  for (const thing of wanted) {
    const before = known.find((one) => one[key] === thing[key]);
    const isSame = before !== undefined && holds(before, thing);
    if (!isSame) changed += 1;
    if (before && isSame) now.push(before);
    else if (!before) now.push(await google.ask(host, path, Thing, { method: 'POST', body: thing }));
    else now.push(await google.ask(host, memberPath(path, before, key), Thing, { method: verb, body: { ...thing, ...etagOf(before) } }));
  }
  return [changed, now];
}

/** A metric is known by its short name, everything else by its whole one. */
function memberPath(path: string, thing: Thing, key: Kind['key']): string {
  return key === 'name' ? `${path}/${String(thing['name'])}` : `/${path.split('/')[1]}/${String(thing['name'])}`;
}

function etagOf({ etag }: Thing): { etag?: unknown } {
  return etag === undefined ? {} : { etag };
}

/** Whoever was set up in the console to be told; the webhook of the service itself cannot tell that it is dead. */
async function channelNames({ target: { google, projectId } }: Deployment): Promise<{ NOTIFICATION_CHANNEL: string }> {
  const List = z.object({ notificationChannels: z.array(z.object({ name: z.string(), enabled: z.boolean().default(true) })).default([]) });
  const { notificationChannels } = await google.ask(MONITORING, `/v3/projects/${projectId}/notificationChannels`, List);
  return { NOTIFICATION_CHANNEL: notificationChannels.find(({ enabled }) => enabled)?.name ?? '' };
}

/** Budgets stand at the billing account, not at the project. */
async function budgetKind({ target }: Deployment, words: Record<string, string>): Promise<Kind> {
  const Billing = z.object({ billingAccountName: z.string() });
  const { billingAccountName } = await target.google.ask(
    'cloudbilling.googleapis.com',
    `/v1/projects/${target.projectId}/billingInfo`,
    Billing,
  );
  const wanted = [z.record(z.string(), z.unknown()).parse(read('budget.json', target, words))];
  return {
    host: 'billingbudgets.googleapis.com',
    path: `/v1/${billingAccountName}/budgets`,
    list: 'budgets',
    key: 'displayName',
    verb: 'PATCH',
    wanted,
  };
}
