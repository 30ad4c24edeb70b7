/** A deployment from beginning to end. */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { loadEndpoints } from '../loadEndpoints.ts';
import type { Progress } from '../local/progress.ts';
import { makeBundle } from './bundle.ts';
import type { DeployCommand } from './commandLine.ts';
import type { Opened } from './openTarget.ts';
import { prepareRehearsal } from './rehearsalStory.ts';
import { newRelease, type Release } from './release.ts';
import { rollBack } from './rollback.ts';
import { preflight, runStep, runSteps, showPlan } from './runSteps.ts';
import type { Deployment } from './step.ts';

/** @returns whether it has got to its end */
export async function deploy(command: DeployCommand, opened: Opened, progress: Progress): Promise<boolean> {
  const { target, releases } = opened;
  if (target.rehearsal) await progress.step('what was there before', prepareRehearsal(target, command.phase));
  const scratch = join(releases.directory, 'next');
  const digest = await progress.step('build', makeBundle(join(scratch, 'source'), target.projectId, target.settings));
  const deployment = await deploymentOf(command, opened, progress, { digest, scratch });
  if (!(await runStep(preflight, deployment))) return false;
  deployment.say(`✓ build · 빌드: ${deployment.endpoints.length} functions, digest ${digest}`);
  await showPlan(deployment);
  if (command.isDryRun) return true;
  if (!(await isAgreed(command, deployment))) return false;
  keep(deployment, scratch, opened);
  deployment.save({ state: 'running' });
  const isDone = await runSteps(deployment);
  return isDone ? succeeded(deployment) : failed(deployment, opened, progress);
}

/** In a release of its own, or in the one that was broken off. */
async function deploymentOf(
  command: DeployCommand,
  opened: Opened,
  progress: Progress,
  made: { digest: string; scratch: string },
): Promise<Deployment> {
  const { target, releases } = opened;
  const earlier = releases.unfinished(made.digest, command.phase);
  if (earlier)
    progress.say(`Goes on with ${earlier.releaseId}, broken off after: ${earlier.done.join(', ') || 'nothing'} · 중단된 배포를 이어갑니다`);
  const release = earlier ?? newRelease(target.projectId, command.phase, made.digest, new Date());
  const deployment: Deployment = {
    target,
    command,
    releases,
    release,
    endpoints: await loadEndpoints(),
    folder: join(made.scratch, 'source'),
    logFile: join(made.scratch, 'deploy.log'),
    say: progress.say,
    persist: opened.save,
    save(change: Partial<Release> = {}) {
      Object.assign(deployment.release, change);
      // A plan alone leaves nothing behind.
      if (deployment.folder.startsWith(releases.folderOf(release.releaseId))) releases.save(deployment.release);
    },
  };
  return deployment;
}

/** What was built stays with its release: a rollback may need it again. */
function keep(deployment: Deployment, scratch: string, { releases }: Opened): void {
  const folder = releases.folderOf(deployment.release.releaseId);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!existsSync(join(folder, 'source'))) renameSync(join(scratch, 'source'), join(folder, 'source'));
  rmSync(scratch, { recursive: true, force: true });
  Object.assign(deployment, { folder: join(folder, 'source'), logFile: join(folder, 'deploy.log') });
}

export async function isAgreed({ isAgreed: isGiven }: DeployCommand, { say, target }: Deployment): Promise<boolean> {
  if (isGiven) return true;
  if (!process.stdin.isTTY) {
    say('Nobody is at the terminal to agree: give --yes, or --dry-run to see the plan alone · 터미널이 없습니다. --yes 를 지정하세요');
    return false;
  }
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await lines.question(`Deploy this to ${target.projectId}? 배포할까요? (y/N) `);
  lines.close();
  return /^(y|yes|예|네)$/i.test(answer.trim());
}

function succeeded(deployment: Deployment): boolean {
  const { release, command, target, say } = deployment;
  deployment.save({ state: 'live', endedAt: new Date().toISOString() });
  say(`\nLive · 배포 완료: ${release.releaseId}, phase ${command.phase}, ${target.serviceUrl}`);
  const where = target.rehearsal ? '--rehearse' : `--project ${target.projectId}`;
  if (command.phase === 1) say(`Next, when the storage key is repaired · 키를 고친 뒤: npm run deploy -- ${where} --hotfix storage-key`);
  return true;
}

/** Going back needs somewhere to go back to. */
async function failed(deployment: Deployment, opened: Opened, progress: Progress): Promise<boolean> {
  deployment.save({ state: 'failed', endedAt: new Date().toISOString() });
  const before = opened.releases.live();
  if (!deployment.command.isRolledBackByItself) return false;
  if (!before) {
    deployment.say('There is no release before this one to go back to · 되돌릴 이전 배포가 없습니다');
    return false;
  }
  deployment.say(`Going back to ${before.releaseId} · 이전 배포로 되돌립니다`);
  await rollBack(before, opened, progress);
  deployment.save({ state: 'rolledBack' });
  return false;
}
