/**
 * `npm run deploy -- …`: puts this version of Sori on Google Cloud, or on a rehearsal of it; `--hotfix storage-key` opens phase 2.
 *
 * Exit status 1 when it did not get to its end.
 */
import { HELP, readCommandLine } from './deploy/commandLine.ts';
import { deploy } from './deploy/deploy.ts';
import { hotfix } from './deploy/hotfix.ts';
import { openTarget } from './deploy/openTarget.ts';
import { showProgress } from './local/progress.ts';

process.once('disconnect', () => process.exit(1)); // whoever started us is gone, and with it what we write to
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));
process.exitCode = await main().catch((error: Error) => {
  console.error(error.message);
  return 1;
});
process.exit();

async function main(): Promise<number> {
  const command = readCommandLine(process.argv.slice(2));
  if (command.command === 'help') {
    console.log(HELP);
    return 0;
  }
  const progress = showProgress();
  const opened = await openTarget(command, progress);
  try {
    const isDone = command.command === 'hotfix' ? await hotfix(command, opened, progress) : await deploy(command, opened, progress);
    return isDone && (await opened.isFaithful(progress.say)) ? 0 : 1;
  } finally {
    await opened.close();
  }
}
