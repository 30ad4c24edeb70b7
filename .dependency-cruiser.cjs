/**
 * Directions of imports in production code, for editors and CI. The directions are those of scripts/check/layers.ts, which the tests
 * check as well; here they also cover what only a resolver sees: packages that are not declared, and imports that lead nowhere.
 *
 * functions/ and shared/ only: the parser used here does not know every statement that scripts and tests use (`using`).
 */
const { SHARED } = require('./scripts/check/layers.ts');

const directions = Object.entries(SHARED).map(([folder, allowed]) => ({
  name: `${folder}-looks-down`,
  severity: 'error',
  from: { path: `^shared/${folder}/` },
  to: { path: '^(functions|shared|scripts|tests)/', pathNot: `^shared/(${[folder, ...allowed].join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...directions,
    { name: 'functions-use-shared-only', severity: 'error', from: { path: '^functions/' }, to: { path: '^(functions|scripts|tests)/' } },
    {
      name: 'functions-use-front-doors',
      severity: 'error',
      from: { path: '^functions/' },
      to: { path: '^shared/', pathNot: '^shared/[^/]+/index\\.ts$' },
    },
    {
      name: 'shared-uses-front-doors',
      severity: 'error',
      from: { path: '^shared/([^/]+)/' },
      to: { path: '^shared/', pathNot: ['^shared/$1/', '^shared/[^/]+/index\\.ts$'] },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'leads-somewhere', severity: 'error', from: {}, to: { couldNotResolve: true } },
    { name: 'declared-packages', severity: 'error', from: {}, to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] } },
    {
      name: 'deployed-packages',
      comment: 'What functions/ and shared/ load is deployed; development packages are not.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: '^node_modules/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['node', 'import', 'require', 'types'],
    },
  },
};
