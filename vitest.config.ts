import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    passWithNoTests: false,
    // Vitest leaves one core free, which is half of a small machine.
    maxWorkers: '100%',
  },
});
