import { z } from 'zod';
import { loadEndpoints } from '../../loadEndpoints.ts';
import { askGoogle } from '../askGoogle.ts';
import { broken, type Check, doubtful, sound } from '../check.ts';
import type { Site } from '../site.ts';

const Limits = z.object({
  consumerQuotaLimits: z
    .array(
      z.object({
        quotaBuckets: z
          .array(z.object({ effectiveLimit: z.coerce.number(), dimensions: z.record(z.string(), z.string()).default({}) }))
          .default([]),
      }),
    )
    .default([]),
});
const METRIC = 'run.googleapis.com%2Fcpu_allocation';
export const cpuQuota: Check = {
  name: 'cpuQuota',
  list: 'before',
  summary: { en: 'the CPU quota of the region holds the declared instances', ko: 'CPU 할당량' },
  async look({ site }) {
    const resources = (await loadEndpoints()).map((endpoint) => endpoint.resources);
    const all = resources.reduce((sum, { cpu, maxInstances }) => sum + cpu * maxInstances, 0);
    const least = resources.reduce((sum, { cpu }) => sum + cpu, 0); // one instance of each
    const seen = `${all} CPUs when every function has its most instances`;
    if (!site.hasControlPlane) return sound(`${seen}; this machine sets no quota`);
    const quota = await quotaOf(site);
    if (quota >= all) return sound(`${seen}; the quota is ${quota}`);
    return (quota < least ? broken : doubtful)(`${seen}; the quota is ${quota}`, {
      en: "Ask for more under IAM & Admin, Quotas: Cloud Run, 'Total CPU allocation'; or lower maxInstances.",
      ko: 'Cloud Run CPU 할당량 증설을 요청하거나 maxInstances를 낮추세요.',
    });
  },
};

/** In CPUs. Google counts thousandths. */
async function quotaOf(site: Site): Promise<number> {
  const path = `/v1beta1/projects/${site.projectId}/services/run.googleapis.com/consumerQuotaMetrics/${METRIC}?view=FULL`;
  const { consumerQuotaLimits } = await askGoogle(site, 'serviceusage', path, Limits);
  const buckets = consumerQuotaLimits.flatMap(({ quotaBuckets }) => quotaBuckets);
  const ofRegion = buckets.find(({ dimensions }) => dimensions['region'] === site.region);
  const usual = buckets.find(({ dimensions }) => Object.keys(dimensions).length === 0);
  return ((ofRegion ?? usual)?.effectiveLimit ?? 0) / 1000;
}
