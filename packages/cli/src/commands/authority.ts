/** `drover authority create`: the two files that certify the hosts of a cluster. No cluster is asked. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { UsageError } from '../logic/usage-error.ts';
import { act } from '../shell/act.ts';
import { printData } from '../shell/print.ts';
import { examples } from './options.ts';

export function addAuthorityCreate(authority: Command): void {
  const command = authority
    .command('create')
    .summary('make the authority of a new cluster')
    .description(
      'Makes authority.pem and authority.key in a folder. Every scheduler gets both, named in its configuration as ' +
        '`authority.certificateFile` and `authority.keyFile`; hosts then get their certificates by themselves. ' +
        'Whoever has the key can be any host: keep it with the schedulers, and a copy in a safe place.',
    )
    .requiredOption('--folder <folder>', 'where to write them; made if need be')
    .option('--name <name>', 'what the authority is called, for people', 'Drover authority');
  examples(command, ['drover authority create --folder /etc/drover']);
  act<{ folder: string; name: string }>(command, async (session, { options }) => {
    // It is large, and nothing else here needs it.
    const { createAuthority } = await import('@drover/certificates');
    const { folder, name } = options;
    const files = await createAuthority(name);
    const certificate = join(folder, 'authority.pem');
    const key = join(folder, 'authority.key');
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      // Never over one that is there: its hosts would be without.
      writeFileSync(key, files.keyPem, { mode: 0o600, flag: 'wx' });
      writeFileSync(certificate, files.certificatePem, { mode: 0o644, flag: 'wx' });
    } catch (error) {
      throw new UsageError((error as Error).message);
    }
    if (session.output === 'data') printData(session, { certificate, key });
    else session.terminal.out([`made ${certificate} and ${key}`]);
    return exitCodes.done;
  });
}
