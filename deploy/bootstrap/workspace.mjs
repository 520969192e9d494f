// Node 24, pnpm and the workspace's packages, all through npm. A stamp of the lock file says when there is
// nothing to do, so that every further command starts at once.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const tools = join(root, '.tools');
const stamp = join(root, 'node_modules', '.drover-stamp');

/** What is brought for the first command; the lock file has the same Node for all later ones. */
const toolPackages = ['node@24.21.0', 'pnpm@12.21.0'];

export function ensureWorkspace() {
  const wanted = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const started = Date.now();
  if (!existsSync(join(tools, 'node_modules', '.bin', 'pnpm'))) {
    say('bringing Node 24 and pnpm through npm');
    mkdirSync(tools, { recursive: true });
    writeFileSync(join(tools, 'package.json'), '{ "private": true }\n');
    run('npm', ['install', '--no-audit', '--no-fund', '--prefix', tools, ...toolPackages], {
      ...process.env,
      npm_config_loglevel: 'error',
    });
  }
  say('installing the packages of the workspace');
  run('pnpm', ['install', '--frozen-lockfile', '--reporter', 'append-only'], environment());
  writeFileSync(stamp, wanted);
  say(`ready in ${Math.round((Date.now() - started) / 1000)} s`);
}

/** The workspace's programs first, then the tools brought for it. */
export function environment() {
  const path = [
    join(root, 'node_modules', 'node', 'bin'),
    join(root, 'node_modules', '.bin'),
    join(tools, 'node_modules', '.bin'),
    process.env.PATH ?? '',
  ].join(delimiter);
  return { ...process.env, PATH: path };
}

function run(command, args, env) {
  const child = spawnSync(command, args, {
    cwd: root,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (child.status === 0) return;
  const output = `${child.stdout ?? ''}${child.stderr ?? ''}${child.error?.message ?? ''}`.trim();
  console.error(
    `drover: ${command} ${args[0]} failed\n\n${output.split('\n').slice(-30).join('\n')}\n`,
  );
  console.error('Does this machine reach an npm registry? Try: npm ping');
  process.exit(1);
}

function fingerprint() {
  const hash = createHash('sha256');
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json']) {
    hash.update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

function say(text) {
  process.stderr.write(`drover: ${text}\n`);
}
