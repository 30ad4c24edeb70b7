/** `npm run build`: makes `dist/`, the folder that is deployed, and says what each function weighs. */
import { join } from 'node:path';
import { buildFunctions } from './build/buildFunctions.ts';
import { projectFolder } from './check/command.ts';

const startedAtMs = performance.now();
const weights = await buildFunctions(join(projectFolder, 'dist'));

console.log('kB read at its start, kB read when needed, and the heaviest at its start:');
for (const { name, startBytes, laterBytes, startPackages } of weights) {
  const heaviest = startPackages.slice(0, 3).map((found) => `${found.name} ${kilobytes(found.bytes).trim()}`);
  console.log(`${kilobytes(startBytes)} ${kilobytes(laterBytes)}  ${name} (${heaviest.join(', ')})`);
}
console.log(`\n${weights.length} functions in dist/, ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`);

function kilobytes(bytes: number): string {
  return Math.round(bytes / 1000)
    .toString()
    .padStart(6);
}
