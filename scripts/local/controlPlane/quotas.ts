/** Quotas of services, read only. @see https://cloud.google.com/service-usage/docs/reference/rest/v1beta1/services.consumerQuotaMetrics */
import type { Call, Cloud, Route } from './route.ts';

/** What a new project may have at once, in thousandths of a CPU. */
const MILLI_CPU = 400_000;

export const quotaRoutes: Route[] = [
  {
    api: 'serviceusage.googleapis.com',
    method: 'GET',
    path: /^\/v1beta1\/projects\/([^/]+)\/services\/run\.googleapis\.com\/consumerQuotaMetrics\/run\.googleapis\.com\/cpu_allocation$/,
    answer: cpuAllocation,
  },
];

function cpuAllocation({ parts: [projectId] }: Call, { resources }: Cloud): object {
  const { effectiveLimit = MILLI_CPU } = resources.get(`projects/${projectId}/quotas/cpu`) ?? {};
  const quotaBuckets = [{ effectiveLimit: String(effectiveLimit), dimensions: {} }];
  return { metric: 'run.googleapis.com/cpu_allocation', consumerQuotaLimits: [{ unit: '1/{project}/{region}', quotaBuckets }] };
}
