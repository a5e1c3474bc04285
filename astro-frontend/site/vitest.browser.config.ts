// The tests in a real browser, against the real services. One at a time: each file starts a stack.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/browser/**/*.test.ts'],
    setupFiles: ['tests/browser/clean.ts'],
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 300_000,
    // What is waited for comes, on a busy machine later.
    expect: { poll: { timeout: 120_000 } },
  },
});
