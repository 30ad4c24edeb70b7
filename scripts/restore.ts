/**
 * `npm run restore -- --from DATE --to DATABASE [--dry-run|--force]`, `-- list`, `-- release`, `-- drill`: brings a backup back.
 *
 * Exit status 1 when something came back changed, or nothing was done.
 */
import { closeDatabase } from '#shared/runtime';
import { showCount } from './import/showCount.ts';
import { HELP, type RestoreCommand, readCommandLine } from './restore/commandLine.ts';
import { drill } from './restore/drill.ts';
import { restorePlace } from './restore/place.ts';
import { run } from './restore/run.ts';

process.once('disconnect', () => process.exit(1)); // whoever started us is gone, and with it what we write to
process.exitCode = await main().catch((error: Error) => {
  console.error(error.message);
  return 1;
});
process.exit();

async function main(): Promise<number> {
  const asked = readCommandLine(process.argv.slice(2));
  if (asked.command === 'help') {
    console.log(HELP);
    return 0;
  }
  if (asked.command === 'drill') return (await drill()) ? 0 : 1;
  return restore(asked);
}

async function restore(asked: RestoreCommand): Promise<number> {
  const place = await restorePlace(asked.project, process.env);
  Object.assign(process.env, { LOG_LEVEL: 'silent', METADATA_SERVER_DETECTION: 'none', ...process.env, ...place.settings });
  if (asked.project) delete process.env['METADATA_SERVER_DETECTION'];
  console.log(`At ${place.name}`);
  const line = showCount();
  try {
    const { isSound, lines } = await run(asked, { say: (text) => console.log(text), progress: line.update });
    line.end();
    console.log(lines.join('\n'));
    return isSound ? 0 : 1;
  } finally {
    line.end();
    await closeDatabase();
  }
}
