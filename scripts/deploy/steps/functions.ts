/** The functions, by the firebase CLI, some at a time: what is deployed already as it is to be stays as it is. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Digests, type ManifestWish, manifestFor, writeManifest } from '../bundle.ts';
import { CliFailure, runFirebase } from '../firebaseCli.ts';
import { boundRevision, type Deployed, deleteFunction, deployedFunctions, shiftTraffic } from '../revisions.ts';
import { secretVersions } from '../secrets.ts';
import type { Deployment, Step } from '../step.ts';

/** Of one batch. The CLI itself repeats what is refused in passing; a project's quota needs longer to come back. */
const TRIES = 4;
const FIRST_PAUSE_MS = 30_000;
const REHEARSED_PAUSE_MS = 200;

export const functions: Step = {
  name: 'functions',
  title: { en: 'functions', ko: '함수' },
  async plan(deployment) {
    const { digests } = manifestFor(await wishOf(deployment));
    const known = await deployedFunctions(deployment.target);
    const { changed, retired } = compare(digests, known);
    const count = deployment.command.batchCount;
    return [
      ...(changed.length > 0
        ? [`deploys ${changed.length} of ${deployment.endpoints.length}, ${count} at a time; the others are as they are to be`]
        : []),
      ...retired.map((name) => `deletes ${name}, which there is no more`),
    ];
  },
  async run(deployment) {
    const { target, command, endpoints } = deployment;
    const digests = writeManifest(await wishOf(deployment));
    const { changed, retired } = compare(digests, await deployedFunctions(target));
    for (let start = 0; start < changed.length; start += command.batchCount) {
      await deployBatch(changed.slice(start, start + command.batchCount), digests, deployment);
      record(digests, await deployedFunctions(target), deployment);
      deployment.say(`    ${Math.min(start + command.batchCount, changed.length)} of ${changed.length}`);
    }
    const known = await deployedFunctions(target);
    record(digests, known, deployment);
    const freed = await followNewest(known, deployment);
    for (const name of retired) await deleteFunction(name, target);
    const same = endpoints.length - changed.length;
    return [
      `${changed.length} deployed, ${same} unchanged${retired.length > 0 ? `, ${retired.length} deleted` : ''}`,
      ...(freed > 0 ? [`${freed} were bound to an older revision by a rollback, and follow the newest again`] : []),
    ];
  },
};

async function wishOf(deployment: Deployment): Promise<ManifestWish> {
  const { folder, endpoints, target } = deployment;
  return { folder, endpoints, projectId: target.projectId, secretVersions: await secretVersions(deployment) };
}

function compare(digests: Digests, known: Deployed[]): { changed: string[]; retired: string[] } {
  const digestOfKnown = new Map(known.map(({ name, digest }) => [name, digest]));
  return {
    changed: Object.keys(digests).filter((name) => digestOfKnown.get(name) !== digests[name]),
    // Others may have functions in the project as well: ours have our label.
    retired: known.filter(({ name, digest }) => digest !== undefined && !(name in digests)).map(({ name }) => name),
  };
}

async function deployBatch(names: string[], digests: Digests, deployment: Deployment): Promise<void> {
  let missing = names;
  for (let tried = 1; ; tried += 1) {
    try {
      await runFirebase(['deploy', '--only', missing.map((name) => `functions:${name}`).join(), '--force'], deployment);
      return;
    } catch (error) {
      const isQuota = error instanceof CliFailure && /quota|RESOURCE_EXHAUSTED|\b429\b/i.test(error.output);
      if (!isQuota || tried === TRIES) throw error;
      const known = await deployedFunctions(deployment.target);
      missing = missing.filter((name) => known.find((found) => found.name === name)?.digest !== digests[name]);
      if (missing.length === 0) return;
      const pauseMs = (deployment.target.rehearsal ? REHEARSED_PAUSE_MS : FIRST_PAUSE_MS) * 2 ** (tried - 1);
      deployment.say(`    a quota is used up; ${missing.length} again in ${Math.ceil(pauseMs / 1000)} s · 할당량 초과, 잠시 후 다시 시도`);
      await sleep(pauseMs);
    }
  }
}

function record(digests: Digests, known: Deployed[], deployment: Deployment): void {
  const whole = known.filter(({ name, digest }) => digest !== undefined && digest === digests[name]);
  deployment.save({ functions: Object.fromEntries(whole.map(({ name, revision }) => [name, { digest: digests[name] ?? '', revision }])) });
}

/** A rollback binds the traffic to a revision, and a deployment alone does not take it back. */
async function followNewest(known: Deployed[], { target }: Deployment): Promise<number> {
  let freed = 0;
  for (const { name } of known.filter(({ digest }) => digest !== undefined)) {
    if ((await boundRevision(name, target)) === undefined) continue;
    await shiftTraffic(name, undefined, target);
    freed += 1;
  }
  return freed;
}
