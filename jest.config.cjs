const swc = (syntax) => ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax } }, module: { type: 'commonjs' } }];

// These ship ES modules only, or import one at run time; jest runs CommonJS. firebase-admin reaches jose, the storage client the rest.
const ES_MODULES = 'jose|teeny-request|gaxios|node-fetch|data-uri-to-buffer|fetch-blob|formdata-polyfill';

module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/tests/**/*.test.ts'],
  transform: { '^.+\\.ts$': swc('typescript'), 'node_modules/.+\\.m?js$': swc('ecmascript') },
  transformIgnorePatterns: [`/node_modules/(?!(${ES_MODULES})/)`],
  // The real client, listened to: a query that no committed index serves fails its test.
  moduleNameMapper: { '^@google-cloud/firestore$': '<rootDir>/tests/queries/recordedFirestore.cjs' },
  setupFilesAfterEnv: ['<rootDir>/tests/queries/queryShapesSetup.ts'],
  testTimeout: 30_000,
  globalSetup: '<rootDir>/tests/support/globalSetup.ts',
  globalTeardown: '<rootDir>/tests/support/globalTeardown.ts',
};
