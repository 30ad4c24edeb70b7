/** The database, who may read what in it, and the indexes of our queries. */
import { z } from 'zod';
import { runFirebase } from '../firebaseCli.ts';
import { type Deployment, type Step, Stopped } from '../step.ts';

const HOST = 'firestore.googleapis.com';
const RULES = 'firebaserules.googleapis.com';

export const database: Step = {
  name: 'database',
  title: { en: 'database, rules, indexes', ko: '데이터베이스, 규칙, 색인' },
  async plan(deployment) {
    const { region } = deployment.target;
    const made = (await locationOf(deployment)) ? [] : [`makes the database, in ${region}`];
    return [...made, 'releases firestore.rules and firestore.indexes.json as they stand here'];
  },
  async run(deployment) {
    const { google, projectId, region } = deployment.target;
    const location = await locationOf(deployment);
    if (location && location !== region) {
      throw new Stopped(`The database is in ${location}, everything else is to be in ${region}`, {
        en: `set REGION=${location} in .env.${projectId}: a database cannot move`,
        ko: `.env.${projectId} 에 REGION=${location} 을 지정하세요`,
      });
    }
    if (!location) {
      const body = { type: 'FIRESTORE_NATIVE', locationId: region, deleteProtectionState: 'DELETE_PROTECTION_ENABLED' };
      await google.operate(HOST, `/v1/projects/${projectId}/databases`, 'v1', { query: { databaseId: '(default)' }, body });
    }
    // Not forced: indexes that are declared no more stay, as a rollback may need them.
    await runFirebase(['deploy', '--only', 'firestore:rules,firestore:indexes'], deployment);
    deployment.save({ ruleset: await rulesetInForce(deployment) });
    return [...(location ? [] : [`made in ${region}`]), `rules in force: ${deployment.release.ruleset?.split('/').at(-1)}`];
  },
};

async function locationOf({ target: { google, projectId } }: Deployment): Promise<string | undefined> {
  const found = await google.find(HOST, `/v1/projects/${projectId}/databases/(default)`, z.object({ locationId: z.string() }));
  return found?.locationId;
}

export const RULES_RELEASE = 'cloud.firestore';

export async function rulesetInForce({ target: { google, projectId } }: Pick<Deployment, 'target'>): Promise<string | null> {
  const path = `/v1/projects/${projectId}/releases/${RULES_RELEASE}`;
  const found = await google.find(RULES, path, z.object({ rulesetName: z.string() }));
  return found?.rulesetName ?? null;
}
