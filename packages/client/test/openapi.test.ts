import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { generate } from '../tools/openapi/generate.ts';

it('the OpenAPI file and its types are what the API does now; else run npm run -s openapi', async () => {
  for (const { path, text } of await generate()) {
    const kept = readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
    // A difference of thousands of lines helps nobody.
    expect(kept === text, `packages/client/${path} is stale`).toBe(true);
  }
}, 120_000);
