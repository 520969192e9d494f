/** `drover nats create`: the configuration of NATS and the keys of a new cluster. No cluster is asked. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BusIdentity } from '@drover/protocol';
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { UsageError } from '../logic/usage-error.ts';
import { act } from '../shell/act.ts';
import { printData } from '../shell/print.ts';
import { examples } from './options.ts';

interface Flags {
  readonly folder: string;
  readonly listen: string;
  readonly schedulers: string;
  readonly apis: string;
}

interface KeyFile {
  readonly name: string;
  readonly identity: BusIdentity;
}

export function addNatsCreate(nats: Command): void {
  const command = nats
    .command('create')
    .summary('make its configuration and the keys of a new cluster')
    .description(
      'Makes nats.conf for nats-server, a key for each scheduler and each API, and join-issuer.nk, ' +
        'by which NATS knows that a scheduler answers it. Hosts need none of them: they join with a ' +
        'token (drover join-token create).',
    )
    .requiredOption('--folder <folder>', 'where to write them; made if need be')
    .option('--schedulers <count>', 'how many there are', '2')
    .option('--apis <count>', 'how many there are', '1')
    .option('--listen <address>', 'where NATS listens', '0.0.0.0:4222');
  examples(command, [
    'drover nats create --folder /etc/drover',
    'drover nats create --folder new --schedulers 3 --apis 2 \\\n      --listen 10.0.0.2:4222',
  ]);
  act<Flags>(command, async (session, { options }) => {
    // It is large, and nothing else here needs it.
    const { createIssuer, createNkey, natsConfig } = await import('@drover/join');
    const { folder, listen } = options;
    const issuer = createIssuer();
    const keyFiles = keyFilesOf(options).map((file) => ({ ...file, ...createNkey() }));
    const config = natsConfig({ listen, users: keyFiles, issuerPublicKey: issuer.publicKey });
    const files = [
      ...keyFiles.map(({ name, seed }) => ({ name, text: `${seed}\n` })),
      { name: 'join-issuer.nk', text: `${issuer.seed}\n` },
      { name: 'nats.conf', text: config },
    ];
    write(folder, files);
    if (session.output === 'data') {
      printData(session, { files: files.map(({ name }) => join(folder, name)) });
      return exitCodes.done;
    }
    session.terminal.out([
      ...files.map(({ name }) => `made ${join(folder, name)}`),
      '',
      'nats.conf goes to nats-server (2.10 or later). In their configurations name',
      '  every scheduler  nats.nkeySeedFile: its own schedulerN.nk',
      '                   join.issuerSeedFile: join-issuer.nk, the same for all',
      '  every API        nats.nkeySeedFile: its own apiN.nk',
      'and let nobody else read the keys.',
    ]);
    return exitCodes.done;
  });
}

function keyFilesOf({ schedulers, apis }: Flags): readonly KeyFile[] {
  const several = (count: string, what: string, identity: BusIdentity) => {
    if (!/^[1-9]$/.test(count))
      throw new UsageError(`${what}: a number from 1 to 9, not “${count}”`);
    return Array.from({ length: Number(count) }, (_, index) => ({
      name: `${identity.role}${index + 1}.nk`,
      identity,
    }));
  };
  return [
    ...several(schedulers, '--schedulers', { role: 'scheduler' }),
    ...several(apis, '--apis', { role: 'api' }),
  ];
}

/** Never over one that is there: who has the former key would be without. */
function write(folder: string, files: readonly { readonly name: string; readonly text: string }[]) {
  const known = files.find(({ name }) => existsSync(join(folder, name)));
  if (known !== undefined) {
    throw new UsageError(`${join(folder, known.name)} is there already; nothing was made`);
  }
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    for (const { name, text } of files) {
      writeFileSync(join(folder, name), text, { mode: 0o600, flag: 'wx' });
    }
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
