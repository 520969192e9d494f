/**
 * Brings up one lab for all end-to-end files, declares its pools, and takes it away at the end. What a run that
 * was cut off has left goes first. With DROVER_TEST_KEEP_LAB set the lab is taken over, and left, as it is.
 */
import { Lab, takeDown, testProject } from '@drover/deploy/lab';
import type { TestProject } from 'vitest/node';
import { ApiClient } from './api-client.ts';

declare module 'vitest' {
  interface ProvidedContext {
    labProject: string;
  }
}

export async function setup(vitest: TestProject): Promise<() => Promise<void>> {
  const keeps = process.env['DROVER_TEST_KEEP_LAB'] !== undefined;
  if (!keeps) await takeDown(testProject);
  const lab = await Lab.up({
    project: testProject,
    onStep: (text: string) => process.stderr.write(`lab: ${text}\n`),
  });
  const api = new ApiClient(lab.apiUrl, lab.token);
  await lab.ready();
  for (const pool of lab.pools) {
    const { status, body } = await api.send('POST', '/v1/pools', pool);
    if (status !== 201 && status !== 409) throw new Error(`pool: ${JSON.stringify(body)}`);
  }
  vitest.provide('labProject', testProject);
  return async () => {
    if (!keeps) await lab.down();
  };
}
