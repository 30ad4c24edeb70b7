/** Cloud Logging as far as an operator asks it: what the rehearsal has been given to remember. @see https://cloud.google.com/logging/docs/reference/v2/rest */
import { z } from 'zod';
import type { Call, Cloud, Route } from './route.ts';

export const loggingRoutes: Route[] = [{ api: 'logging.googleapis.com', method: 'POST', path: /^\/v2\/entries:list$/, answer: list }];

const Asked = z.object({ resourceNames: z.array(z.string()).length(1), filter: z.string().includes('severity>=ERROR'), pageSize: z.int() });

function list({ body }: Call, { resources }: Cloud): object {
  const { pageSize } = Asked.loose().parse(body);
  return { entries: resources.list(/^logs\//).slice(-pageSize) };
}
