/** `npm run rollback -- --project PROJECT|--rehearse [--to RELEASE]`: back to the release before, or to a named one. */
import { parseArgs } from 'node:util';
import { openTarget } from './deploy/openTarget.ts';
import type { Release, Releases } from './deploy/release.ts';
import { rollBack } from './deploy/rollback.ts';
import { showProgress } from './local/progress.ts';

const HELP = `npm run rollback -- --project PROJECT [--to RELEASE]     back to the release before, or to a named one · 이전 배포로 되돌립니다
npm run rollback -- --rehearse [--to RELEASE]             the same in the rehearsal on this machine

  --list   the releases there are · 배포 목록

Traffic goes to the revisions of that release; Hosting, the rules and the phase become its own. Data stay as they are.`;

process.once('disconnect', () => process.exit(1)); // whoever started us is gone, and with it what we write to
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));
process.exitCode = await main().catch((error: Error) => {
  console.error(error.message);
  return 1;
});
process.exit();

async function main(): Promise<number> {
  const options = {
    project: { type: 'string' },
    rehearse: { type: 'boolean' },
    to: { type: 'string' },
    list: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  const { values } = parseArgs({ options });
  const isRehearsal = values.rehearse === true;
  if (values.help || isRehearsal === (values.project !== undefined)) {
    console.log(HELP);
    return values.help ? 0 : 1;
  }
  const progress = showProgress();
  const opened = await openTarget({ project: values.project, isRehearsal }, progress);
  try {
    if (values.list) progress.say(listOf(opened.releases));
    else await rollBack(choose(opened.releases, values.to), opened, progress);
    return (await opened.isFaithful(progress.say)) ? 0 : 1;
  } finally {
    await opened.close();
  }
}

/** @throws saying which there are */
function choose(releases: Releases, wanted: string | undefined): Release {
  const all = releases.list();
  const newest = all.findLast(({ state }) => state !== 'rolledBack');
  const before = all.findLast(({ releaseId, state }) => state === 'live' && releaseId !== newest?.releaseId);
  const found = wanted === undefined ? before : all.find(({ releaseId }) => releaseId === wanted);
  if (found) return found;
  throw new Error(`There is no ${wanted ? `release ${wanted}` : 'release before this one'} · 해당 배포가 없습니다\n${listOf(releases)}`);
}

function listOf(releases: Releases): string {
  const lines = releases
    .list()
    .map(
      ({ releaseId, state, phase, functions }) => `  ${releaseId}  phase ${phase}  ${state}  ${Object.keys(functions).length} functions`,
    );
  return lines.length > 0 ? lines.join('\n') : '  no release yet · 배포 기록이 없습니다';
}
