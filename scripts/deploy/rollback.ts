/** Back to an earlier release: its revisions get the traffic, Hosting and the rules show what they showed. */
import { join } from 'node:path';
import { z } from 'zod';
import type { Progress } from '../local/progress.ts';
import { runFirebase } from './firebaseCli.ts';
import { GoogleRefusal } from './google.ts';
import type { Opened } from './openTarget.ts';
import type { Release } from './release.ts';
import { boundRevision, deployedFunctions, shiftTraffic } from './revisions.ts';
import { RULES_RELEASE, rulesetInForce } from './steps/database.ts';
import { hostingVersion, showVersion } from './steps/hosting.ts';
import { setPhase } from './steps/phase.ts';
import type { Target } from './target.ts';

const AT_ONCE = 8;

/** Safe to repeat: what is as it was stays. @throws when something cannot be brought back */
export async function rollBack(release: Release, { target, releases }: Opened, { say }: Progress): Promise<void> {
  const gone = await shiftAll(release, target, say);
  if (gone.length > 0) await deployAgain(gone, release, { target, releases }, say);
  if (release.ruleset && (await rulesetInForce({ target })) !== release.ruleset) {
    const name = `projects/${target.projectId}/releases/${RULES_RELEASE}`;
    const body = { release: { name, rulesetName: release.ruleset } };
    await target.google.ask('firebaserules.googleapis.com', `/v1/${name}`, z.object({}), { method: 'PATCH', body });
    say('✓ rules · 규칙');
  }
  if (release.hostingVersion && (await hostingVersion({ target })) !== release.hostingVersion) {
    await showVersion(release.hostingVersion, { target });
    say('✓ Hosting · 호스팅');
  }
  await setPhase(release.phase, 'deploy');
  for (const later of releases.list().filter(({ releaseId }) => releaseId > release.releaseId))
    releases.save({ ...later, state: 'rolledBack' });
  say(`Back at · 되돌렸습니다: ${release.releaseId}, phase ${release.phase}`);
}

/** @returns those whose revision is not there any more */
async function shiftAll(release: Release, target: Target, say: (text: string) => void): Promise<string[]> {
  const present = new Set((await deployedFunctions(target)).map(({ name }) => name));
  const names = Object.keys(release.functions);
  const gone = names.filter((name) => !present.has(name));
  const rest = names.filter((name) => present.has(name));
  for (let start = 0; start < rest.length; start += AT_ONCE) {
    const batch = rest.slice(start, start + AT_ONCE);
    const results = await Promise.all(batch.map((name) => shiftOne(name, release.functions[name]?.revision ?? '', target)));
    gone.push(...batch.filter((_, index) => !results[index]));
  }
  say(`✓ traffic · 트래픽: ${names.length - gone.length} of ${names.length} functions`);
  return gone;
}

/** @returns whether the revision is still there */
async function shiftOne(name: string, revision: string, target: Target): Promise<boolean> {
  try {
    if ((await boundRevision(name, target)) !== revision) await shiftTraffic(name, revision, target);
    return true;
  } catch (error) {
    if (error instanceof GoogleRefusal && (error.status === 400 || error.status === 404)) return false;
    throw error;
  }
}

/** From the bundle that was kept with the release. */
async function deployAgain(
  names: string[],
  release: Release,
  { target, releases }: Pick<Opened, 'target' | 'releases'>,
  say: (text: string) => void,
): Promise<void> {
  const folder = releases.folderOf(release.releaseId);
  say(`    ${names.length} have no revision left and are deployed again, from what was kept · 보관된 빌드로 다시 배포합니다`);
  const place = { target, folder: join(folder, 'source'), logFile: join(folder, 'deploy.log') };
  for (let start = 0; start < names.length; start += AT_ONCE) {
    const batch = names.slice(start, start + AT_ONCE);
    await runFirebase(['deploy', '--only', batch.map((name) => `functions:${name}`).join(), '--force'], place);
  }
  const known = await deployedFunctions(target);
  const revisions = Object.fromEntries(known.map(({ name, revision }) => [name, revision]));
  const functions = Object.fromEntries(
    Object.entries(release.functions).map(([name, was]) => [
      name,
      names.includes(name) ? { ...was, revision: revisions[name] ?? '' } : was,
    ]),
  );
  for (const name of names) await shiftTraffic(name, undefined, target);
  Object.assign(release, { functions });
  releases.save(release);
}
