import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Three tiers. `unit` needs nothing but this checkout; `contract` runs one suite against a fake and the
// real thing; `end-to-end` drives the lab. The last two share one machine's Docker, so they run file by file.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/test/**/*.test.ts', 'test/*.test.ts', 'test/scenarios/*.test.ts'],
          testTimeout: 30_000,
          // Vitest would leave one core to itself, which is half of a small machine.
          maxWorkers: Math.max(2, availableParallelism() - 1),
        },
      },
      {
        test: {
          name: 'contract',
          // testcontainers' own helper comes from a registry, which may be out of reach; each suite removes
          // what it started.
          env: { TESTCONTAINERS_RYUK_DISABLED: 'true' },
          include: ['test/contract/**/*.test.ts', 'test/console/*.test.ts'],
          testTimeout: 120_000,
          // A look into a container takes a second of a busy machine; the default allows one in all.
          expect: { poll: { timeout: 30_000 } },
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'end-to-end',
          globalSetup: ['test/end-to-end/support/global-setup.ts'],
          include: ['test/end-to-end/**/*.test.ts'],
          testTimeout: 300_000,
          expect: { poll: { timeout: 30_000 } },
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
