/** `drover image sources list|add|remove`: the hosts that images may be fetched from. */
import type { api, ImageSettings } from '@drover/protocol';
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { sourcesPage } from '../logic/image-view.ts';
import { UsageError } from '../logic/usage-error.ts';
import { act } from '../shell/act.ts';
import { printOne } from '../shell/print.ts';
import type { Session } from '../shell/session.ts';
import { examples } from './options.ts';

const path = '/v1/settings/images';

export function addImageSources(images: Command): void {
  const sources = images.command('sources').description('list, add, remove hosts of images');
  addList(sources);
  addAdd(sources);
  addRemove(sources);
}

function addList(sources: Command): void {
  const command = sources
    .command('list')
    .alias('ls')
    .summary('where images may come from')
    .description(
      'The hosts and schemes that images may be fetched from, and how large they may be.',
    );
  examples(command, ['drover image sources list']);
  act(command, async (session) => {
    print(session, await session.client.get(path));
    return exitCodes.done;
  });
}

function addAdd(sources: Command): void {
  const command = sources
    .command('add <host>')
    .summary('let images come from it (admin)')
    .description(
      'Lets images be fetched from a host, by its name. Redirects lead only to hosts that are ' +
        'added as well. One in a network of your own has to be added by its address, too.',
    )
    .option('--allow-http', 'by http as well, for all hosts: only the checksum says what comes');
  examples(command, ['drover image sources add cloud.debian.org']);
  act<{ allowHttp?: boolean }>(command, (session, { args: [text = ''], options }) => {
    const host = hostIn(text);
    return change(session, ({ hosts = [], ...settings }) => ({
      ...settings,
      hosts: hosts.includes(host) ? hosts : [...hosts, host],
      ...(options.allowHttp === true ? { schemes: ['https', 'http'] } : {}),
    }));
  });
}

function addRemove(sources: Command): void {
  const command = sources
    .command('remove <host>')
    .alias('rm')
    .summary('let no more images come from it (admin)')
    .description('Lets no more images be fetched from a host. Images that are there stay.');
  examples(command, ['drover image sources remove cloud.debian.org']);
  act(command, (session, { args: [text = ''] }) => {
    const host = hostIn(text);
    return change(session, ({ hosts = [], ...settings }) => {
      if (hosts.includes(host)) return { ...settings, hosts: hosts.filter((one) => one !== host) };
      throw new UsageError(
        `${host} is not among the sources: ${hosts.join(', ') || 'there are none'}`,
      );
    });
  });
}

/** Of an address that was pasted, what is meant. */
function hostIn(text: string): string {
  const host = text
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/[/?#].*$/, '')
    .replace(/^\[(.*)\]$/, '$1');
  if (/^[a-z0-9][a-z0-9.-]*$|^[0-9a-f:.]+$/.test(host)) return host;
  throw new UsageError(
    `“${oneLine(text)}” is no host: give its name, such as cloud.debian.org, or its address, without a port`,
  );
}

async function change(
  session: Session,
  make: (settings: ImageSettings) => ImageSettings,
): Promise<typeof exitCodes.done> {
  const { settings } = await session.client.get(path);
  print(session, await session.client.put(path, { body: make(settings) }));
  return exitCodes.done;
}

function print(session: Session, body: api.ImageSettingsBody): void {
  printOne(session, body, { name: body.effective.hosts.join('\n'), page: sourcesPage(body) });
}
