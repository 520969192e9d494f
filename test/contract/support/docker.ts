/** The docker command line, for servers that a test starts, pauses and kills. */
import { execFile } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Made by the lab: Debian's etcd and nats-server. */
export const controlImage = 'drover-lab/control:latest';

export async function docker(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('docker', [...args], {
    timeout: 120_000,
    maxBuffer: 64 * 1024 ** 2,
  });
  return stdout.trim();
}

export async function requireImage(image: string): Promise<void> {
  const found = await docker('image', 'inspect', '--format', '{{.Id}}', image).catch(
    () => undefined,
  );
  if (found) return;
  throw new Error(
    `there is no image ${image} (or no Docker): run npm start once, or npm test, to build it`,
  );
}

/** A container with one published port keeps it over a restart only if we choose it. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}
