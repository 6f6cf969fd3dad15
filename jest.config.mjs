/** `npm run faults -- --without F07` loads the product without that defence. */
const transformer =
  process.env.HOLDFAST_TEST_WITHOUT === undefined
    ? '@swc/jest'
    : '<rootDir>/test/faults/defences/transformer.mjs';
const base = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': [transformer, { sourceMaps: 'inline' }] },
  setupFilesAfterEnv: ['<rootDir>/test/support/jest-setup.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
};
const project = (displayName, testMatch, more = {}) => ({ ...base, displayName, testMatch, ...more });
const withServices = {
  globalSetup: '<rootDir>/test/support/services-setup.mjs',
  globalTeardown: '<rootDir>/test/support/services-teardown.mjs',
};

export default {
  // on a busy machine with a slow disk a test of whole processes may take minutes
  testTimeout: 120_000,
  projects: [
    project('unit', [
      '<rootDir>/src/**/*.spec.ts',
      '<rootDir>/connector/**/*.spec.ts',
      '<rootDir>/test/tooling/**/*.spec.ts',
      '<rootDir>/web/src/**/*.spec.ts',
    ]),
    project(
      'integration',
      ['<rootDir>/test/integration/**/*.spec.ts', '<rootDir>/test/abuse/**/*.spec.ts'],
      withServices,
    ),
    project(
      'e2e',
      [
        '<rootDir>/test/e2e/**/*.spec.ts',
        '<rootDir>/test/faults/**/*.spec.ts',
        '<rootDir>/test/browser/**/*.spec.ts',
      ],
      withServices,
    ),
    project('long', ['<rootDir>/test/long/**/*.spec.ts'], withServices),
  ],
};
