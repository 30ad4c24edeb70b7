/**
 * `--hotfix storage-key`: gives the storage a new key and opens phase 2. Nothing is deployed: the functions read the key anew while it
 * fails, and the probe opens what needs the storage.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { diagnoseKey, explainKeyFault, explainKeyRepair, type KeyDiagnosis } from '#shared/media';
import { loadEndpoints } from '../loadEndpoints.ts';
import type { Progress } from '../local/progress.ts';
import { outside, Status } from './client.ts';
import type { DeployCommand } from './commandLine.ts';
import { deploy, isAgreed } from './deploy.ts';
import type { Opened } from './openTarget.ts';
import { newKey } from './rehearsalStory.ts';
import { runStep } from './runSteps.ts';
import { addVersion, secretText } from './secrets.ts';
import { type Deployment, Stopped } from './step.ts';
import { setPhase } from './steps/phase.ts';
import { smokeTest } from './steps/smokeTest.ts';
import type { Target } from './target.ts';

const OPEN_WITHIN_MS = 120_000;
const NEEDED = ['generation', 'uploads'];

/** @returns whether phase 2 is open */
export async function hotfix(command: DeployCommand, opened: Opened, progress: Progress): Promise<boolean> {
  const { target, releases } = opened;
  if (target.rehearsal && !releases.live()) {
    progress.say('Nothing is deployed in the rehearsal yet: phase 1 first · 먼저 1단계를 배포합니다\n');
    if (!(await deploy({ ...command, command: 'deploy', phase: 1, isAgreed: true }, opened, progress))) return false;
  }
  const release = releases.live();
  if (!release) throw new Error('Nothing was deployed from here yet: npm run deploy -- --phase 1 · 아직 배포되지 않았습니다');
  const deployment: Deployment = {
    ...{ target, releases, release, endpoints: await loadEndpoints(), say: progress.say },
    command: { ...command, phase: 2 },
    folder: releases.folderOf(release.releaseId),
    logFile: `${releases.folderOf(release.releaseId)}/deploy.log`,
    persist: opened.save,
    save: (change = {}) => releases.save(Object.assign(release, change)),
  };
  const secret = target.settings['GCS_KEY_SECRET'];
  if (!secret)
    throw new Error(`.env.${target.projectId} names no GCS_KEY_SECRET: the functions use their own account, which has no key to repair`);
  return give(secret, await newKeyText(command, target), deployment);
}

/** The command line asks for a file where there is no rehearsal. */
function newKeyText({ keyFile }: DeployCommand, target: Target): Promise<string> | string {
  return keyFile ? readFileSync(keyFile, 'utf8') : newKey(target);
}

async function give(secret: string, text: string, deployment: Deployment): Promise<boolean> {
  const { target, command, say } = deployment;
  const stored = await secretText(secret, { target });
  if (stored) say(`The key now · 현재 키: ${described(diagnoseKey(stored))}`);
  const diagnosis = diagnoseKey(text);
  say(`The new key · 새 키: ${described(diagnosis)}`);
  if (!diagnosis.isSound) {
    const { next } = explainKeyFault(diagnosis.fault);
    say(`✗ It was not stored · 저장하지 않았습니다\n    What next: ${next.en}\n    다음: ${next.ko}`);
    return false;
  }
  say(`\nPlan · 계획: a new version of ${secret}, then phase 2, then a smoke test. Nothing is deployed again · 재배포 없음`);
  if (command.isDryRun) return true;
  if (!(await isAgreed(command, deployment))) return false;
  const startedAt = performance.now();
  say(`✓ ${secret}: version ${await addVersion(secret, text, deployment)}`);
  if (!(await opensPhase2(deployment))) return false;
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  say(`✓ phase 2 is open, ${seconds} s after the key was given · 키를 바꾼 지 ${seconds}초 만에 2단계가 열렸습니다`);
  deployment.save({ phase: 2 });
  return runStep(smokeTest, deployment);
}

/** What needs the storage stays closed until the probe finds it whole, so the switch may come first. It is taken back when that does not come. */
async function opensPhase2({ target, say }: Deployment): Promise<boolean> {
  const service = outside(target.serviceUrl);
  await setPhase(2, 'hotfix');
  const endAt = performance.now() + OPEN_WITHIN_MS;
  let closed: string[] = [];
  while (performance.now() < endAt) {
    const { body } = await service.get('getStatus');
    const status = Status.safeParse(body).data;
    closed = NEEDED.flatMap((name) =>
      status?.phase === 2 && status.features[name]?.available ? [] : [`${name} (${status?.features[name]?.reason})`],
    );
    if (closed.length === 0) return true;
    await sleep(500);
  }
  await setPhase(1, 'hotfix');
  const { next } = new Stopped('', {
    en: 'npm run doctor -- storageKey names what is wrong between the key and its bucket',
    ko: 'npm run doctor 로 키와 버킷을 확인하세요',
  });
  say(
    `✗ still closed after ${OPEN_WITHIN_MS / 1000} s: ${closed.join(', ')}; phase 1 again\n    What next: ${next.en}\n    다음: ${next.ko}`,
  );
  return false;
}

function described(diagnosis: KeyDiagnosis): string {
  const repairs = diagnosis.repairs.map((repair) => explainKeyRepair(repair).en);
  if (diagnosis.isSound) return `sound${repairs.length > 0 ? ` (read around: ${repairs.join(', ')})` : ''} · 정상`;
  const { what } = explainKeyFault(diagnosis.fault);
  return `${diagnosis.fault.code}: ${what.en} · ${what.ko}`;
}
