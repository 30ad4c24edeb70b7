/** What comes in. */
import type { Mutant } from '../../scripts/check/mutant.ts';

export const inputMutants: Mutant[] = [
  {
    guarantee: 'G12',
    file: 'shared/endpoint/guard.ts',
    search: "if (bytes > limitBytes) throw problem('payload_too_large', { limitBytes });",
    replace: '',
    test: 'tests/guarantees/g12-hostileRequests.test.ts',
  },
  {
    guarantee: 'G12',
    file: 'shared/endpoint/guard.ts',
    search: "await within(instance.bodyLimitMs, 'the body', readBytes(req, bodyBytes)).catch(tooSlow)",
    replace: 'await readBytes(req, bodyBytes).catch(tooSlow)',
    test: 'tests/guarantees/g12-hostileRequests.test.ts',
  },
  {
    guarantee: 'G12',
    file: 'shared/endpoint/guard.ts',
    search: '{ fatal: true }',
    replace: '{ fatal: false }',
    test: 'tests/guarantees/g12-hostileRequests.test.ts',
  },
  {
    guarantee: 'G12',
    file: 'shared/endpoint/parse.ts',
    search: 'if (!isWellEncoded(url.search))',
    replace: 'if (false)',
    test: 'tests/guarantees/g12-hostileRequests.test.ts',
  },
  {
    guarantee: 'G12',
    file: 'shared/runtime/text.ts',
    search: ".refine((value) => !forbidden.test(value), 'has control characters')",
    replace: '',
    test: 'tests/guarantees/g12-badInput.test.ts',
  },
  {
    guarantee: 'G12',
    file: 'shared/songs/readPage.ts',
    search: ".refine((at) => !at.startsWith('0000'))",
    replace: '',
    test: 'tests/guarantees/g12-goodInput.test.ts',
  },
  {
    guarantee: 'G12',
    file: 'shared/endpoint/respond.ts',
    search: 'source.destroy();',
    replace: '',
    test: 'tests/endpoints/pipelineFiles.test.ts',
  },
  {
    guarantee: 'G12',
    file: 'shared/endpoint/register.ts',
    search: 'void processExchange(exchange)',
    replace: '_app(req, res)',
    test: 'tests/built/strayFaults.test.ts',
  },
  {
    guarantee: 'G12',
    file: 'shared/endpoint/register.ts',
    search: "process.on('unhandledRejection', (error) => log.error('unhandled_rejection', { error }));",
    replace: "process.on('unhandledRejection', () => process.exit(1));",
    test: 'tests/built/strayFaults.test.ts',
  },
  {
    guarantee: 'G12',
    file: 'shared/endpoint/register.ts',
    search: 'end(1); // what was half',
    replace: 'process.exit(1); // what was half',
    test: 'tests/built/strayFaults.test.ts',
  },
  {
    guarantee: 'G12',
    file: 'shared/endpoint/guard.ts',
    search: 'if (countNames(text) > countFields(value))',
    replace: 'if (false)',
    test: 'tests/guarantees/g12-bombsAndNumbers.test.ts',
  },
];
