/** The storage key: its faults are named, nothing of it is told, and a repair opens the storage by itself. And what else nobody is told. */
import type { Mutant } from '../../scripts/check/mutant.ts';

const DIAGNOSIS = { file: 'shared/media/diagnoseKey.ts', test: 'tests/shared/media/diagnoseKey.test.ts' };
const CREDENTIALS = { file: 'shared/media/credentials.ts', test: 'tests/shared/media/credentials.test.ts' };
const SECRET = { file: 'shared/media/secretManager.ts', test: 'tests/shared/media/secretManager.test.ts' };

const LOG = { guarantee: 'G13', file: 'shared/runtime/log.ts', test: 'tests/shared/runtime/log.test.ts' };
const MARKED = 'tests/guarantees/g13-nothingTold.test.ts';

export const keyMutants: Mutant[] = [
  { guarantee: 'G8', ...DIAGNOSIS, search: 'if (characters < SHORT_KEY)', replace: 'if (characters < 60)' },
  { guarantee: 'G8', ...DIAGNOSIS, search: "if (!isWhole) throw new Found('damaged');", replace: '' },
  {
    guarantee: 'G8',
    ...DIAGNOSIS,
    search: "take('escaped_line_breaks', pem.replace(",
    replace: "void ('escaped_line_breaks', pem.replace(",
  },
  {
    guarantee: 'G13',
    ...DIAGNOSIS,
    search: "isCut ? 'file_truncated' : 'not_json', { characters: text.length }",
    replace: "isCut ? 'file_truncated' : 'not_json', { characters: text }",
  },
  { guarantee: 'G8', ...CREDENTIALS, search: 'if (known) known = { ...known, isTrusted: false };', replace: '' },
  { guarantee: 'G8', ...CREDENTIALS, search: 'if (reading !== own) return diagnosis;', replace: '' },
  {
    guarantee: 'G8',
    ...CREDENTIALS,
    search: 'const isFresh = known?.isTrusted && clock.monotonicMs() < known.goodUntilMs;',
    replace: 'const isFresh = known?.isTrusted;',
  },
  {
    guarantee: 'G8',
    file: 'shared/media/gcsCall.ts',
    search: '(refusal.status === 401 || refusal.status === 403)',
    replace: 'refusal.status === 401',
    test: CREDENTIALS.test,
  },
  {
    guarantee: 'G13',
    file: 'shared/media/gcsCall.ts',
    search: "if (status === 403 && /does not have \\S+ access|permission|scope/i.test(message)) return 'no_permission';",
    replace: '',
    test: CREDENTIALS.test,
  },
  { guarantee: 'G8', ...SECRET, search: 'versions/latest:access', replace: 'versions/1:access' },
  { guarantee: 'G8', ...SECRET, search: "if (!isWhole) throw faultOf('secret_damaged');", replace: '' },
  {
    guarantee: 'G8',
    file: 'shared/media/stores.ts',
    search: 'diagnosis.isSound ? exchanged(diagnosis, source) : diagnosis',
    replace: 'diagnosis',
    test: 'tests/shared/media/storageKey.test.ts',
  },
  { ...LOG, search: "[heading, mask(frames)].join('\\n')", replace: 'stack' },
  { ...LOG, search: '    message: told(text),', replace: '    message: text,' },
  { ...LOG, search: 'withoutSaid(text.slice(0, MOST_READ))', replace: 'text.slice(0, MOST_READ)' },
  {
    guarantee: 'G13',
    file: 'shared/endpoint/parse.ts',
    search: 'addLogContext({ said: [result.data, raw] });',
    replace: 'void addLogContext;',
    test: 'tests/endpoints/pipelineErrors.test.ts',
  },
  {
    guarantee: 'G13',
    file: 'shared/music/providerFault.ts',
    search: "const withoutKey = apiKey ? text.replaceAll(apiKey, '[secret]') : text;",
    replace: 'const withoutKey = apiKey ? text : text;',
    test: MARKED,
  },
  {
    guarantee: 'G13',
    file: 'shared/runtime/http.ts',
    search: 'const { host } = new URL(url);',
    replace: 'const host = url;',
    test: 'tests/built/reporting.test.ts',
  },
];
