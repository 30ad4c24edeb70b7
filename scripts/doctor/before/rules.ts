import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { send } from '#shared/runtime';
import { projectFolder } from '../../check/command.ts';
import { askGoogle } from '../askGoogle.ts';
import { broken, type Check, sound } from '../check.ts';
import type { Site } from '../site.ts';

const Release = z.object({ rulesetName: z.string() });
const Ruleset = z.object({ source: z.object({ files: z.array(z.object({ content: z.string() })) }) });
const LIMIT_MS = 8_000;
/** What no client may read, whoever asks. */
const CLOSED = 'userPrivate/doctor';

export const rules: Check = {
  name: 'rules',
  list: 'before',
  summary: { en: "Firestore's rules are the committed ones, and shut out who is not signed in", ko: 'Firestore 보안 규칙' },
  async look({ site }) {
    const faults = [...((await isShut(site)) ? [] : [`a stranger may read ${CLOSED}`]), ...(await differences(site))];
    if (faults.length > 0) return broken(faults, DEPLOY);
    return sound(site.hasControlPlane ? 'firestore.rules as committed; strangers are refused' : 'strangers are refused');
  },
};

const DEPLOY = {
  en: 'npm run deploy releases firestore.rules. Somebody may have changed them in the console: compare before.',
  ko: 'npm run deploy 로 firestore.rules를 배포하세요. 콘솔에서 바꾼 것이 있는지 먼저 확인하세요.',
};

async function isShut(site: Site): Promise<boolean> {
  const url = `${site.dataUrl}/v1/projects/${site.projectId}/databases/(default)/documents/${CLOSED}`;
  const { status } = await send({ method: 'GET', url, timeoutMs: LIMIT_MS });
  return status === 401 || status === 403;
}

async function differences(site: Site): Promise<string[]> {
  if (!site.hasControlPlane) return [];
  const { rulesetName } = await askGoogle(site, 'firebaserules', `/v1/projects/${site.projectId}/releases/cloud.firestore`, Release);
  const { source } = await askGoogle(site, 'firebaserules', `/v1/${rulesetName}`, Ruleset);
  const committed = readFileSync(join(projectFolder, 'firestore.rules'), 'utf8');
  return source.files.length === 1 && source.files[0]?.content === committed
    ? []
    : ['the released rules are not the committed firestore.rules'];
}
