/** `drover vm vnc`: the screen of a VM, on a port of this machine for a VNC viewer. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Command } from 'commander';
import { listenAddress, newsText } from '../logic/console-text.ts';
import { type ExitCode, exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { UsageError } from '../logic/usage-error.ts';
import { act } from '../shell/act.ts';
import { ConsoleSocket } from '../shell/console-socket.ts';
import type { Session } from '../shell/session.ts';
import { examples } from './options.ts';

interface VncFlags {
  readonly listen: string;
}

export function addVmVnc(vms: Command): void {
  const command = vms
    .command('vnc <vm>')
    .option('--listen <address>', 'where a viewer connects to', '127.0.0.1:0')
    .summary('its screen, for a VNC viewer on this machine')
    .description(
      'Opens a port of this machine for VNC viewers, and prints its address. When the VM has ' +
        'moved, a viewer is disconnected once; connecting again, as most do by themselves, shows ' +
        'it where it runs then. Whoever reaches the port sees the screen. Ctrl-C ends it.',
    );
  examples(command, ['drover vm vnc web', 'drover vm vnc web --listen 127.0.0.1:5901']);
  act<VncFlags>(command, (session, { args: [vm = ''], options }) => serve(session, vm, options));
}

async function serve(session: Session, vm: string, { listen }: VncFlags): Promise<ExitCode> {
  const address = listenAddress(listen);
  if (address === undefined) throw new UsageError(`--listen ${listen}: give HOST:PORT`);
  // Whether there is such a VM is better known before a viewer comes.
  await session.client.get('/v1/vms/{vm}', { path: { vm } });
  const { terminal } = session;
  const { promise: ended, resolve: end } = Promise.withResolvers<ExitCode>();
  const open = new Set<Socket>();
  const server = createServer((viewer) => {
    open.add(viewer);
    viewer.once('close', () => open.delete(viewer));
    show(session, vm, viewer).then(
      (over) => {
        if (over === undefined) return;
        terminal.err([over.text]);
        end(over.code);
      },
      (error: unknown) => terminal.err([oneLine((error as Error).message)]),
    );
  });
  await listening(server, address);
  const { port } = server.address() as AddressInfo;
  const shown = address.host.includes(':') ? `[${address.host}]` : address.host;
  terminal.out([`${shown}:${port}`]);
  const stop = () => end(exitCodes.done);
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    return await ended;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    server.close();
    for (const viewer of open) viewer.destroy();
  }
}

async function listening(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    throw new UsageError(`--listen: ${(error as Error).message}`);
  }
}

/** A viewer knows one stream: with the next one it has to begin anew. */
async function show(session: Session, vm: string, viewer: Socket) {
  const { terminal } = session;
  let told = '';
  const tell = (text: string) => {
    if (text !== told) terminal.err([text]);
    told = text;
  };
  const screen = new ConsoleSocket(session, vm, 'vnc', {
    onBytes: (bytes) => viewer.destroyed || viewer.write(bytes),
    onNews: (news) => {
      tell(newsText(vm, news));
      if (news.state === 'connected' && news.stream === 1) viewer.resume();
      else if (news.state === 'connected') viewer.destroy();
    },
    onBroken: (why) => {
      tell(oneLine(why));
      viewer.destroy();
    },
  });
  viewer.pause();
  viewer.on('data', (bytes) => {
    if (!screen.send(bytes, () => viewer.resume())) viewer.pause();
  });
  viewer.on('drain', () => screen.resume());
  viewer.on('error', () => undefined);
  viewer.once('close', () => screen.leave());
  try {
    return await screen.run();
  } finally {
    viewer.destroy();
  }
}
