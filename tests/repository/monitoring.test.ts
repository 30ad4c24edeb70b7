/** scripts/monitoring/: what Cloud Monitoring is told to watch from outside, held against the APIs' own schemas and against our alerts. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { protobuf, serializer } from 'google-gax';
import { z } from 'zod';
import { ALERTS } from '#shared/incidents';
import { projectFolder } from '../../scripts/check/command.ts';
import { loadEndpoints } from '../../scripts/loadEndpoints.ts';

const folder = join(projectFolder, 'scripts', 'monitoring');
const json = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), 'utf8'));
const policyFiles = readdirSync(join(folder, 'policies')).map((name) => `policies/${name}`);

const Condition = z.looseObject({
  displayName: z.string(),
  conditionThreshold: z
    .looseObject({ filter: z.string(), aggregations: z.array(z.looseObject({ crossSeriesReducer: z.string() })).min(1) })
    .optional(),
  conditionAbsent: z
    .looseObject({ filter: z.string(), aggregations: z.array(z.looseObject({ crossSeriesReducer: z.string() })).min(1) })
    .optional(),
});
const Policy = z.looseObject({
  displayName: z.string(),
  documentation: z.object({ content: z.string(), mimeType: z.literal('text/markdown') }),
  userLabels: z.object({ alert: z.string(), owner: z.literal('sori') }),
  conditions: z.array(Condition).min(1),
});
const policies = policyFiles.map((file) => Policy.parse(json(file)));

/** No package has the schema of metrics made of logs: cloud.google.com/logging/docs/reference/v2/rest/v2/projects.metrics */
const LogMetric = z.strictObject({
  name: z.string().regex(/^sori_[a-z_]+$/),
  description: z.string(),
  filter: z.string(),
  metricDescriptor: z.strictObject({
    metricKind: z.literal('DELTA'),
    valueType: z.literal('INT64'),
    unit: z.literal('1'),
    labels: z.array(z.strictObject({ key: z.string(), valueType: z.literal('STRING') })),
  }),
  labelExtractors: z.record(z.string(), z.string().regex(/^EXTRACT\([\w.]+\)$/)).optional(),
});
const logMetrics = z.array(LogMetric).parse(json('logMetrics.json'));

const require = createRequire(import.meta.filename);
const protos = {
  monitoring: require('@google-cloud/monitoring/build/protos/protos.json') as unknown,
  dashboards: require('@google-cloud/monitoring-dashboards/build/protos/protos.json') as unknown,
  budgets: require('@google-cloud/billing-budgets/build/protos/protos.json') as unknown,
};

/** What remains of a text when it went through the API's own message: unknown fields and values are gone, or throw. */
function throughSchema(api: keyof typeof protos, type: string, value: unknown): unknown {
  const message = protobuf.Root.fromJSON(protos[api] as protobuf.INamespace).lookupType(type);
  const parsed = serializer.fromProto3JSON(message as never, value as never);
  if (!parsed) throw new Error(`${type} is nothing`);
  return serializer.toProto3JSON(message.fromObject(message.toObject(parsed as never)) as never);
}

const schemas: [file: string, api: keyof typeof protos, type: string][] = [
  ...policyFiles.map((file): [string, 'monitoring', string] => [file, 'monitoring', 'google.monitoring.v3.AlertPolicy']),
  ['uptimeCheck.json', 'monitoring', 'google.monitoring.v3.UptimeCheckConfig'],
  ['dashboard.json', 'dashboards', 'google.monitoring.dashboard.v1.Dashboard'],
  ['budget.json', 'budgets', 'google.cloud.billing.budgets.v1.Budget'],
];

describe('Every file for Cloud Monitoring', () => {
  it.each(schemas)('%s has the fields and values that the API knows, and no others', (file, api, type) => {
    expect(throughSchema(api, type, json(file))).toMatchObject(json(file) as object);
  });

  it('is found out when it has a field or a value that the API does not know', () => {
    const policy = json(policyFiles[0]!) as object;
    const through = (more: object) => throughSchema('monitoring', 'google.monitoring.v3.AlertPolicy', { ...policy, ...more });
    expect(through({ colour: 'red' })).not.toHaveProperty('colour');
    expect(through({ combiner: 'PERHAPS' })).not.toMatchObject({ combiner: 'PERHAPS' });
    expect(() => through({ displayName: 7 })).toThrow();
  });

  it('leaves open only what a deployment knows', () => {
    const texts = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));
    const open = texts.flatMap((name) =>
      [...readFileSync(join(folder, name), 'utf8').matchAll(/\$\{(\w+)\}/g)].map(([, variable]) => variable),
    );
    expect([...new Set(open)].sort()).toEqual(['NOTIFICATION_CHANNEL', 'PROJECT', 'REGION', 'UPTIME_CHECK_ID']);
  });
});

describe('Alert policies', () => {
  it('are twelve conditions at most, and each adds all of its series up: they are billed by series', () => {
    const conditions = policies.flatMap((policy) => policy.conditions);
    expect(conditions.length).toBeLessThanOrEqual(12);
    const sums = conditions.flatMap(({ conditionThreshold, conditionAbsent }) => (conditionThreshold ?? conditionAbsent)!.aggregations);
    expect(sums).toHaveLength(conditions.length);
    for (const sum of sums) expect(sum).not.toHaveProperty('groupByFields');
  });

  it('that nobody watches stays told for a week, though nothing comes any more that could end it', () => {
    const { conditions, alertStrategy } = json('policies/watchSilent.json') as { conditions: object[]; alertStrategy: object };
    expect([conditions.map((condition) => 'conditionAbsent' in condition), alertStrategy]).toEqual([
      [true],
      { autoClose: `${7 * 24 * 3600}s` },
    ]);
  });

  it('that requests fail wants a share and a number: two at night are no outage', () => {
    const { combiner, conditions } = z
      .looseObject({
        combiner: z.string(),
        conditions: z.array(z.looseObject({ conditionThreshold: z.looseObject({ thresholdValue: z.number() }) })),
      })
      .parse(json('policies/errorRate.json'));
    expect([combiner, conditions.map(({ conditionThreshold }) => conditionThreshold.thresholdValue)]).toEqual(['AND', [0.05, 5]]);
  });

  it('have the titles and the words of our alerts, and lead to their pages', () => {
    for (const { displayName, documentation, userLabels } of policies) {
      const alert = ALERTS.find(({ name }) => name === userLabels.alert)!;
      expect(displayName).toBe(alert.title.en);
      const { title, todo } = alert;
      const said = [`${title.en}. ${todo.en}`, `${title.ko}. ${todo.ko}`, `docs/runbook.md#${alert.name}`];
      expect(documentation.content).toBe(said.join('\n\n'));
    }
  });

  it('are there for every alert that is judged from outside', () => {
    const covered = [...policies.map(({ userLabels }) => userLabels.alert), 'month_too_dear'];
    const outside = ALERTS.filter(({ judgedBy }) => judgedBy === 'monitoring').map(({ name }) => name);
    expect(outside.filter((name) => !covered.includes(name))).toEqual([]);
    expect((json('budget.json') as { displayName: string }).displayName).toBe(
      ALERTS.find(({ name }) => name === 'month_too_dear')!.title.en,
    );
  });

  it('ask for metrics of logs that are there, and for functions that exist', async () => {
    const texts = [...policyFiles, 'dashboard.json'].map((file) => JSON.stringify(json(file)));
    const asked = texts.flatMap((text) => [...text.matchAll(/logging\.googleapis\.com\/user\/(\w+)/g)].map(([, name]) => name!));
    expect([...new Set(asked)].sort()).toEqual(logMetrics.map(({ name }) => name).sort());
    const endpoints = await loadEndpoints();
    const scheduled = endpoints.filter(({ area }) => area === 'scheduled').map(({ name }) => name.toLowerCase());
    const left = /full_match\(\\"\(([\w|]+)\)\\"\)/.exec(
      JSON.stringify(JSON.stringify(json('policies/latency.json'))).replaceAll('\\\\\\"', '\\"'),
    )?.[1];
    expect(scheduled.filter((name) => !left?.split('|').includes(name))).toEqual([]);
  });
});

describe('Metrics of logs', () => {
  it('look for codes that our logs have, and take labels from fields of them', () => {
    const sources = ['shared/incidents/tell.ts', 'shared/endpoint/respond.ts'].map((file) =>
      readFileSync(join(projectFolder, file), 'utf8'),
    );
    const codes = logMetrics.flatMap(({ filter }) => [...filter.matchAll(/jsonPayload\.code="(\w+)"/g)].map(([, code]) => code!));
    const isLogged = (code: string) =>
      sources.some((text) => text.includes(`'${code}'`)) || /^incident_(opened|escalated|resolved)$/.test(code);
    expect(codes.filter((code) => !isLogged(code))).toEqual([]);
    for (const { metricDescriptor, labelExtractors = {} } of logMetrics) {
      expect(metricDescriptor.labels.map(({ key }) => key).sort()).toEqual(Object.keys(labelExtractors).sort());
    }
  });
});
