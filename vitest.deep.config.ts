import { defineConfig } from 'vitest/config';

/** Fuzz and corpus runs, and what the daily tests look at in part only: minutes, not seconds. */
export default defineConfig({
  test: {
    include: [
      'src/**/*.deep.ts',
      'tests/**/*.deep.ts',
      'src/optimize/**/conformance.test.ts',
      'src/optimize/**/bad-*.test.ts',
      'src/model/onnx/corpus.test.ts',
      'tests/report-browser.test.ts',
    ],
    testTimeout: 1_800_000,
    env: { ORT_DISABLE_TELEMETRY: '1', STEELYARD_DEEP: '1', STEELYARD_CACHE: 'off' },
    // Before all: the bundle is not older than the compiled code.
    globalSetup: ['src/testing/built.ts'],
    setupFiles: ['src/testing/setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
  },
});
