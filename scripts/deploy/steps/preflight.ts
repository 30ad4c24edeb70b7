/** Before anything is changed: is this the right project, may we, and is all there that nobody but the operator can give? */
import { z } from 'zod';
import { diagnoseKey, explainKeyFault } from '#shared/media';
import { parseSettings } from '#shared/runtime';
import { secretText, secretVersions } from '../secrets.ts';
import { type Deployment, type Step, Stopped } from '../step.ts';

const MANAGER = 'cloudresourcemanager.googleapis.com';
/** One of each service that the steps change. */
const NEEDED = [
  'artifactregistry.repositories.create',
  'cloudfunctions.functions.create',
  'cloudscheduler.jobs.create',
  'datastore.databases.create',
  'firebaserules.releases.create',
  'iam.serviceAccounts.create',
  'monitoring.alertPolicies.create',
  'resourcemanager.projects.setIamPolicy',
  'run.services.update',
  'secretmanager.secrets.create',
  'serviceusage.services.enable',
  'storage.buckets.create',
];

export const preflight: Step = {
  name: 'doctor',
  title: { en: 'doctor: before a deployment', ko: '배포 전 점검' },
  plan: () => Promise.resolve([]),
  async run(deployment) {
    const { target } = deployment;
    const seen = [await projectState(deployment), await permissions(deployment), await billing(deployment)];
    const env = { GOOGLE_CLOUD_PROJECT: target.projectId, ...target.settings };
    const missing = ['AUTH_API_KEY', 'ALLOWED_ORIGINS'].filter((name) => !target.settings[name]);
    parseSettings(env);
    if (missing.length > 0) {
      throw new Stopped(`.env.${target.projectId} lacks ${missing.join(', ')}`, {
        en: 'AUTH_API_KEY is the web API key of Firebase’s project settings; ALLOWED_ORIGINS are the addresses of your pages (docs/deploy.md)',
        ko: `.env.${target.projectId} 파일에 추가하세요 (docs/deploy.md)`,
      });
    }
    const known = await secretVersions(deployment);
    if (!known['TOPMEDIAI_API_KEY'] && !target.givenSecrets['TOPMEDIAI_API_KEY']) {
      throw new Stopped('There is no TOPMEDIAI_API_KEY', {
        en: 'give it once, in the environment of this command: TOPMEDIAI_API_KEY=… npm run deploy -- …',
        ko: '환경 변수로 한 번 지정하세요: TOPMEDIAI_API_KEY=… npm run deploy -- …',
      });
    }
    return [...seen, await storageKeyState(deployment)];
  },
};

/** Phase 1 goes live without a sound key; phase 2 would promise what cannot be kept. */
async function storageKeyState(deployment: Deployment): Promise<string> {
  const { target, command } = deployment;
  const secret = target.settings['GCS_KEY_SECRET'];
  if (!secret) return 'The functions reach the storage with their own account';
  const diagnosis = diagnoseKey(target.givenKey ?? (await secretText(secret, deployment)) ?? '');
  if (diagnosis.isSound) return 'The storage key is sound';
  const { what, next } = explainKeyFault(diagnosis.fault);
  if (command.phase === 1) return `! storage key: ${what.en} Phase 1 goes live without it · ${what.ko}`;
  throw new Stopped(`The storage key: ${what.en}`, {
    en: `${next.en} Or go live without it: --phase 1, and --hotfix storage-key later`,
    ko: `${next.ko} 또는 --phase 1 로 먼저 시작하세요`,
  });
}

const Project = z.object({ projectNumber: z.string(), lifecycleState: z.string() });

async function projectState({ target }: Deployment): Promise<string> {
  const { lifecycleState } = await target.google.ask(MANAGER, `/v1/projects/${target.projectId}`, Project);
  if (lifecycleState === 'ACTIVE') return `${target.projectId} is there, in ${target.region}`;
  throw new Stopped(`${target.projectId} is ${lifecycleState}`, { en: 'name another project', ko: '다른 프로젝트를 지정하세요' });
}

async function permissions({ target }: Deployment): Promise<string> {
  const Granted = z.object({ permissions: z.array(z.string()).default([]) });
  const asked = { method: 'POST', body: { permissions: NEEDED } } as const;
  const granted = await target.google.ask(MANAGER, `/v1/projects/${target.projectId}:testIamPermissions`, Granted, asked);
  const lacking = NEEDED.filter((permission) => !granted.permissions.includes(permission));
  if (lacking.length === 0) return 'You may do all of it';
  throw new Stopped(`You lack ${lacking.join(', ')}`, {
    en: 'the roles are listed in docs/deploy.md; an owner of the project gives them',
    ko: '필요한 역할은 docs/deploy.md에 있습니다',
  });
}

async function billing({ target }: Deployment): Promise<string> {
  const Billing = z.object({ billingEnabled: z.boolean().default(false) });
  const { billingEnabled } = await target.google.ask(
    'cloudbilling.googleapis.com',
    `/v1/projects/${target.projectId}/billingInfo`,
    Billing,
  );
  if (billingEnabled) return 'It is paid for by a billing account';
  throw new Stopped('The project has no billing account', {
    en: 'link one: https://console.cloud.google.com/billing/linkedaccount (functions need the plan Blaze)',
    ko: '결제 계정을 연결하세요 (Blaze 요금제 필요)',
  });
}
