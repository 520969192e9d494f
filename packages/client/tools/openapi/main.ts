/** `npm run -s openapi`: writes the OpenAPI file and the types that follow from it. */
import { writeFileSync } from 'node:fs';
import { generate } from './generate.ts';

for (const { path, text } of await generate()) {
  writeFileSync(new URL(`../../${path}`, import.meta.url), text);
  console.log(`packages/client/${path}`);
}
