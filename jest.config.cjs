const swc = (syntax) => ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax } }, module: { type: 'commonjs' } }];

// These ship ES modules only, or import one at run time; jest runs CommonJS. firebase-admin reaches jose, the storage client the rest.
const ES_MODULES = 'jose|teeny-request|gaxios|node-fetch|data-uri-to-buffer|fetch-blob|formdata-polyfill';

module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/tests/**/*.test.ts'],
  transform: { '^.+\\.ts$': swc('typescript'), 'node_modules/.+\\.m?js$': swc('ecmascript') },
  transformIgnorePatterns: [`/node_modules/(?!(${ES_MODULES})/)`],
  globalSetup: '<rootDir>/tests/support/globalSetup.ts',
  globalTeardown: '<rootDir>/tests/support/globalTeardown.ts',
};
