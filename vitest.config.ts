import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{contract,server,sandbox,scripts,tests,console/src}/**/*.test.ts'],
    globalSetup: ['tests/testing/global-setup.ts'],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A test that leaves something running keeps its file from ending: found here, not in production.
    teardownTimeout: 15_000,
    reporters: ['default'],
  },
});
