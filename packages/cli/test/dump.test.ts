/** `drover dump`: what the API says, letter by letter. */
import { describe, expect, it } from 'vitest';
import { drover } from './support/drover.ts';
import { problem } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();
const text = '{"format":"drover-cluster","version":1,"revision":7,\n"hosts":[\n{"id":"h1"}\n]}\n';

describe('dump', () => {
  it('prints the text as it came, so that two dumps can be compared', async () => {
    const api = await serve({ 'GET /v1/dump': () => (response) => void response.end(text) });
    expect(await drover(['--api', api.url, 'dump'])).toEqual({ code: 0, stdout: text, stderr: '' });
  });

  it('says that nobody leads where nobody does', async () => {
    const api = await serve({ 'GET /v1/dump': () => problem('no-leader', 503, 'nobody leads') });
    const end = await drover(['--api', api.url, 'dump']);
    expect(end).toMatchObject({ code: 8, stdout: '' });
    expect(end.stderr).toContain('nobody leads');
  });
});
