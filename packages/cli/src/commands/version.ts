/** `drover version`: of this program, and of the API where it answers. */
import { protocolVersion } from '@drover/protocol';
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { clientVersion } from '../logic/version.ts';
import { act } from '../shell/act.ts';
import { causeOf } from '../shell/report-error.ts';
import { printData } from '../shell/print.ts';
import type { Session } from '../shell/session.ts';
import { examples } from './options.ts';

export function addVersion(program: Command): void {
  const command = program
    .command('version')
    .summary('versions of drover and of the API')
    .description('Versions of this program and of the API.')
    .option('--client', 'do not ask the API');
  examples(command, ['drover version', 'drover version --client']);
  act<{ client?: boolean }>(command, async (session, { options }) => {
    const asked = options.client === true ? {} : await askApi(session);
    if (session.output === 'data') {
      const { lines: _, ...api } = asked;
      printData(session, { drover: clientVersion, protocol: protocolVersion, ...api });
    } else {
      session.terminal.out([
        `drover ${clientVersion}, protocol ${protocolVersion}`,
        ...(asked.lines ?? []),
      ]);
    }
    return exitCodes.done;
  });
}

/** That the API does not answer is an answer here, no failure. */
async function askApi({
  client,
  address,
}: Session): Promise<{ readonly api?: unknown; readonly lines?: readonly string[] }> {
  const { url, from } = address;
  const where = `API at ${oneLine(url)} (from ${from})`;
  try {
    const features = await client.get('/v1');
    const version = typeof features['version'] === 'string' ? features['version'] : 'unknown';
    return { api: features, lines: [`${where}: ${oneLine(version)}`] };
  } catch (error) {
    return { lines: [`${where}: not known, ${causeOf(error)}`] };
  }
}
