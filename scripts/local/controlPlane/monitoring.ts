/** What watches from outside: log-based metrics, alert policies, uptime checks, the dashboard, the budget. */
import { z } from 'zod';
import { alreadyThere, type Call, type Cloud, invalid, notFound, type Route } from './route.ts';

const MONITORING = 'monitoring.googleapis.com';

/** Collections that are all alike: listed, made, changed. */
const COLLECTIONS = [
  { api: 'logging.googleapis.com', version: 'v2', parent: 'projects\\/[^/]+', kind: 'metrics', list: 'metrics', verb: 'PUT' },
  { api: MONITORING, version: 'v3', parent: 'projects\\/[^/]+', kind: 'alertPolicies', list: 'alertPolicies', verb: 'PATCH' },
  { api: MONITORING, version: 'v3', parent: 'projects\\/[^/]+', kind: 'uptimeCheckConfigs', list: 'uptimeCheckConfigs', verb: 'PATCH' },
  { api: MONITORING, version: 'v3', parent: 'projects\\/[^/]+', kind: 'notificationChannels', list: 'notificationChannels', verb: 'PATCH' },
  { api: MONITORING, version: 'v1', parent: 'projects\\/[^/]+', kind: 'dashboards', list: 'dashboards', verb: 'PATCH' },
  {
    api: 'billingbudgets.googleapis.com',
    version: 'v1',
    parent: 'billingAccounts\\/[^/]+',
    kind: 'budgets',
    list: 'budgets',
    verb: 'PATCH',
  },
] as const;

export const monitoringRoutes: Route[] = COLLECTIONS.flatMap(({ api, version, parent, kind, list, verb }): Route[] => {
  const collection = new RegExp(`^\\/${version}\\/(${parent})\\/${kind}$`);
  const member = new RegExp(`^\\/${version}\\/(${parent}\\/${kind}\\/[\\w-]+)$`);
  return [
    {
      api,
      method: 'GET',
      path: collection,
      answer: ({ parts: [owner] }, { resources }) => ({ [list]: resources.list(new RegExp(`^${owner}/${kind}/`)) }),
    },
    { api, method: 'POST', path: collection, answer: (call, cloud) => create(call, cloud, kind) },
    { api, method: verb, path: member, answer: (call, cloud) => change(call, cloud, kind) },
  ];
});

const Named = z.looseObject({ name: z.string().optional(), displayName: z.string().optional() });

async function create({ parts: [owner], body }: Call, { resources }: Cloud, kind: string): Promise<object> {
  const wish = checked(body);
  // A metric has the name that it is given; the others are numbered.
  const id = kind === 'metrics' ? wish.name : `${kind}-${await resources.next(kind)}`;
  const name = `${owner}/${kind}/${id}`;
  if (resources.get(name)) throw alreadyThere(name);
  return resources.put(name, { ...wish, name: kind === 'metrics' ? wish.name : name });
}

function change({ parts: [name = ''], body }: Call, { resources }: Cloud, kind: string): Promise<object> {
  if (!resources.get(name)) throw notFound(name);
  const wish = checked(body);
  return resources.put(name, { ...wish, name: kind === 'metrics' ? wish.name : name });
}

function checked(body: object): z.output<typeof Named> {
  const placeholder = /\$\{\w+\}/.exec(JSON.stringify(body))?.[0];
  if (placeholder) throw invalid(`${placeholder} stands for something that was not filled in`);
  return Named.parse(body);
}
