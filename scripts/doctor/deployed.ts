/** The functions as Google has them, and as the definitions declare them. */
import { z } from 'zod';
import { askGoogle } from './askGoogle.ts';
import type { Site } from './site.ts';

const Deployed = z.object({
  name: z.string(),
  state: z.string().default(''),
  buildConfig: z.object({ runtime: z.string().default('') }).default({ runtime: '' }),
  serviceConfig: z
    .object({ availableCpu: z.string().default('1'), maxInstanceCount: z.coerce.number().default(100), uri: z.string().default('') })
    .default({ availableCpu: '1', maxInstanceCount: 100, uri: '' }),
});
const Page = z.object({ functions: z.array(Deployed).default([]), nextPageToken: z.string().default('') });
/** A page has a hundred; nobody has a thousand functions. */
const MOST_PAGES = 10;

export interface DeployedFunction {
  name: string;
  region: string;
  state: string;
  runtime: string;
  cpu: number;
  maxInstances: number;
}

/** Of all regions. */
export async function deployedFunctions(site: Site): Promise<DeployedFunction[]> {
  const found: z.output<typeof Deployed>[] = [];
  let token = '';
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const path = `/v2/projects/${site.projectId}/locations/-/functions?pageSize=100&pageToken=${encodeURIComponent(token)}`;
    const { functions, nextPageToken } = await askGoogle(site, 'cloudfunctions', path, Page);
    found.push(...functions);
    if (nextPageToken === '') break;
    token = nextPageToken;
  }
  return found.map(({ name, state, buildConfig: { runtime }, serviceConfig: { availableCpu, maxInstanceCount } }) => {
    const [, , , region = '', , short = ''] = name.split('/');
    return { name: short, region, state, runtime, cpu: Number(availableCpu), maxInstances: maxInstanceCount };
  });
}
