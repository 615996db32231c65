import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/build.ts',
    setupFiles: 'test/support/seed.ts',
    // Against hanging only: how long a test takes depends on the machine.
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
    passWithNoTests: false,
    // Vitest leaves one core free, which is half of a small machine.
    maxWorkers: '100%',
  },
});
