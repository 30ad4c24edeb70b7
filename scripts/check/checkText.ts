import type { Violation } from './architecture.ts';

// Written in pieces: this file must pass its own check.
const FORBIDDEN: [pattern: RegExp, why: string][] = [
  [new RegExp(['(?<![\\w.])/work', '(main|shared|\\.)'].join('/')), 'a path of somebody’s machine'],
  [new RegExp(['(?<![\\w.])/(home|Users)', '\\w+/'].join('/')), 'a path of somebody’s machine'],
  [new RegExp(['\\bregistry', '[\\w-]+', '(org|com|io|net|dev)\\b'].join('\\.')), 'the host of a package registry'],
  [new RegExp(['biome', 'ignore'].join('-')), 'a check switched off: mend the code or the rule'],
  [new RegExp(`@${['ts', '(ignore|nocheck|expect-error)'].join('-')}`), 'a check switched off: mend the code or the rule'],
  [
    new RegExp(`\\b(${['TO', 'FIX'].map((start, at) => start + ['DO', 'ME'][at]).join('|')})\\b`),
    'work left undone: do it or open an issue',
  ],
];

/** Lines of a text file that hold what no file of the repository may hold. */
export function checkText(path: string, text: string): Violation[] {
  const registry = hostOf(process.env['npm_config_registry']);
  return text.split('\n').flatMap((line, index) => {
    const reasons = FORBIDDEN.filter(([pattern]) => pattern.test(line)).map(([, why]) => why);
    if (registry && line.includes(registry)) reasons.push('the host of a package registry');
    return reasons.map((why) => ({ rule: 'nothing is written that does not belong here', path, detail: `line ${index + 1}: ${why}` }));
  });
}

/** npm tells its scripts which registry it is set to. */
function hostOf(address: string | undefined): string | undefined {
  return address ? URL.parse(address)?.hostname : undefined;
}
