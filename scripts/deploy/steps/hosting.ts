/** Hosting: `/v1/…` as a stable alias of the functions, and the page at /docs. */
import { z } from 'zod';
import { runFirebase } from '../firebaseCli.ts';
import type { Deployment, Step } from '../step.ts';

const HOST = 'firebasehosting.googleapis.com';

export const hosting: Step = {
  name: 'hosting',
  title: { en: 'Hosting', ko: '호스팅' },
  plan: ({ target }) => Promise.resolve([`https://${target.projectId}.web.app/v1/… leads to the functions; /docs`]),
  async run(deployment) {
    await runFirebase(['deploy', '--only', 'hosting'], deployment);
    deployment.save({ hostingVersion: await hostingVersion(deployment) });
    return [`shows ${deployment.release.hostingVersion?.split('/').at(-1)}`];
  },
};

/** The one that is shown now. */
export async function hostingVersion({ target: { google, projectId } }: Pick<Deployment, 'target'>): Promise<string | null> {
  const List = z.object({ releases: z.array(z.object({ version: z.object({ name: z.string() }) })).default([]) });
  const found = await google.find(HOST, `/v1beta1/sites/${projectId}/releases`, List, { query: { pageSize: '1' } });
  return found?.releases[0]?.version.name ?? null;
}

/** Shows another version again; a Hosting release is never changed, a new one is added. */
export async function showVersion(versionName: string, { target: { google, projectId } }: Pick<Deployment, 'target'>): Promise<void> {
  const asked = { method: 'POST', query: { versionName }, body: { message: 'npm run rollback' } } as const;
  await google.ask(HOST, `/v1beta1/sites/${projectId}/releases`, z.object({}), asked);
}
