/** How long images stay: set before the first deployment, as each one leaves an image per function, and they are paid for. */
import { z } from 'zod';
import type { Deployment, Step } from '../step.ts';

const HOST = 'artifactregistry.googleapis.com';
const REPOSITORY = 'gcf-artifacts';
/** As long as somebody may want to go back by shifting traffic alone; later ones are deployed again from the stored bundle. */
const KEPT_S = 30 * 24 * 3600;
const KEPT_COUNT = 3;

// The first name is the CLI's own: it then sets none.
const POLICIES = {
  'firebase-functions-cleanup': {
    id: 'firebase-functions-cleanup',
    action: 'DELETE',
    condition: { tagState: 'ANY', olderThan: `${KEPT_S}s` },
  },
  'sori-newest': { id: 'sori-newest', action: 'KEEP', mostRecentVersions: { keepCount: KEPT_COUNT } },
};

export const artifacts: Step = {
  name: 'artifacts',
  title: { en: 'clean-up of old images', ko: '오래된 이미지 정리 정책' },
  async plan(deployment) {
    return (await isSet(deployment)) ? [] : [`deletes images after ${KEPT_S / 86_400} days, but for the newest ${KEPT_COUNT}`];
  },
  async run(deployment) {
    if (await isSet(deployment)) return [];
    const { google } = deployment.target;
    const [parent, name] = [parentOf(deployment), nameOf(deployment)];
    if (!(await repository(deployment))) {
      const wish = { query: { repositoryId: REPOSITORY }, body: { format: 'DOCKER' } };
      await google.operate(HOST, `/v1/${parent}/repositories`, 'v1', wish);
    }
    const query = { updateMask: 'cleanupPolicies' };
    await google.ask(HOST, `/v1/${name}`, z.object({}), { method: 'PATCH', query, body: { name, cleanupPolicies: POLICIES } });
    return [`${REPOSITORY}: images of ${KEPT_S / 86_400} days, and always the newest ${KEPT_COUNT}`];
  },
};

function repository(deployment: Deployment) {
  const Repository = z.object({ cleanupPolicies: z.record(z.string(), z.unknown()).default({}) });
  return deployment.target.google.find(HOST, `/v1/${nameOf(deployment)}`, Repository);
}

async function isSet(deployment: Deployment): Promise<boolean> {
  const found = await repository(deployment);
  return found !== undefined && Object.keys(POLICIES).every((id) => id in found.cleanupPolicies);
}

function parentOf({ target: { projectId, region } }: Deployment): string {
  return `projects/${projectId}/locations/${region}`;
}

function nameOf(deployment: Deployment): string {
  return `${parentOf(deployment)}/repositories/${REPOSITORY}`;
}
