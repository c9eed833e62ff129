import { defineConfig } from 'vitest/config';

// Child processes run compiled code, so `npm test` builds first; the tests themselves run from source.
export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'examples/**/*.test.ts', 'bench/**/*.test.ts', 'tests/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 120_000,
    // Nothing may call home from a test that loads ONNX Runtime in its own process, and no test may find what earlier runs left behind.
    env: { ORT_DISABLE_TELEMETRY: '1', STEELYARD_CACHE: 'off' },
    // Files share the modules of their worker: loading them anew for every file would take as long as the tests.
    // Long lists are compared at once.
    // Before all: the bundle is not older than the compiled code.
    globalSetup: ['src/testing/built.ts'],
    setupFiles: ['src/testing/setup.ts'],
    isolate: false,
    // More than cores: much of a test is waiting for a process to start.
    pool: 'forks',
    maxWorkers: 3,
  },
});
