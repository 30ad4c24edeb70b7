/** The files of the deployed folder that are not bundles. */
import { z } from 'zod';

/**
 * The entry of all functions. It loads the one that this process is for, and nothing of the others.
 *
 * functions-framework takes the name from its flag or from the environment; Cloud Run sets the latter.
 */
export function indexText(names: string[]): string {
  return `// Loads the one function that this process is for: FUNCTION_TARGET, or --target of functions-framework.
import { parseArgs } from 'node:util';

const NAMES = ${JSON.stringify(names, undefined, 2)};

const { values } = parseArgs({ options: { target: { type: 'string' } }, strict: false });
const target = values.target ?? process.env.FUNCTION_TARGET;
if (!NAMES.includes(target)) {
  console.error('FUNCTION_TARGET must be the name of a function; there is no ' + target);
  process.exit(1);
}
process.env.FUNCTION_TARGET = target;
await import('./functions/' + target + '.js');
`;
}

const Package = z.object({ name: z.string(), version: z.string(), license: z.string(), dependencies: z.record(z.string(), z.string()) });

/**
 * @param projectPackage - the text of the project's package.json
 * @param external - packages that are not in the bundles
 */
export function packageText(projectPackage: string, external: string[]): string {
  const { name, version, license, dependencies } = Package.parse(JSON.parse(projectPackage));
  const missing = external.filter((dependency) => !Object.hasOwn(dependencies, dependency));
  if (missing.length > 0) throw new Error(`package.json must have ${missing.join(', ')} as dependencies: they are not bundled`);
  const deployed = {
    name,
    version,
    private: true,
    license,
    type: 'module',
    main: 'index.js',
    engines: { node: '24' },
    dependencies: Object.fromEntries([...external].sort().map((dependency) => [dependency, dependencies[dependency]])),
  };
  return `${JSON.stringify(deployed, undefined, 2)}\n`;
}

/** An API and its description have nothing for search engines. */
export const ROBOTS_TEXT = 'User-agent: *\nDisallow: /\n';
