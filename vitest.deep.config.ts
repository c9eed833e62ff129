import { defineConfig } from 'vitest/config';

/** Fuzz and corpus runs: minutes, not seconds. */
export default defineConfig({
  test: {
    include: ['src/**/*.deep.ts', 'tests/**/*.deep.ts'],
    testTimeout: 1_800_000,
    env: { ORT_DISABLE_TELEMETRY: '1' },
    pool: 'forks',
    maxWorkers: 2,
  },
});
