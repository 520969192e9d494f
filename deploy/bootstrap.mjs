#!/usr/bin/env node
// The first program that runs on a bare machine: plain JavaScript for Node 20 or later, no dependencies.
// It brings Node 24, pnpm and the workspace's packages, and hands over to TypeScript.
//
//   node deploy/bootstrap.mjs start [--json]    the lab, and a tour through it
//   node deploy/bootstrap.mjs stop [--images]   every container, network and volume of the labs goes
//   node deploy/bootstrap.mjs check             types, lint, format, tidy, dead code
//   node deploy/bootstrap.mjs test              all of it
//   node deploy/bootstrap.mjs drover ARGS…      the command line, pointed at the lab
//   node deploy/bootstrap.mjs run COMMAND…      COMMAND with the workspace's programs on its path
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureWorkspace, environment, root } from './bootstrap/workspace.mjs';

const [verb, ...rest] = process.argv.slice(2);
const programs = {
  start: ['deploy/lab/start.ts'],
  stop: ['deploy/lab/stop.ts'],
  check: ['deploy/checks/check.ts'],
  test: ['deploy/checks/test.ts'],
};

if (verb === 'run' && rest.length > 0) {
  ensureWorkspace();
  hand(rest);
} else if (verb === 'drover') {
  ensureWorkspace();
  process.env.DROVER_API ??= `http://127.0.0.1:${process.env.DROVER_LAB_API_PORT ?? 8440}`;
  if (process.env.DROVER_TOKEN === undefined) {
    process.env.DROVER_TOKEN_FILE ??= join(root, '.lab', 'drover-lab', 'token');
  }
  hand(['node', 'packages/cli/src/main.ts', ...rest]);
} else if (verb !== undefined && Object.hasOwn(programs, verb)) {
  ensureWorkspace();
  hand(['node', ...programs[verb], ...rest]);
} else {
  console.error(
    'usage: node deploy/bootstrap.mjs start [--json] | stop [--images] | check | test | drover ARGS… | run COMMAND…',
  );
  process.exit(64);
}

function hand([command, ...args]) {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', env: environment() });
  // A terminal's ctrl-C reaches the command as well. It may have things to put away, and its end is waited for.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('error', (error) => {
    console.error(`${command}: ${error.message}`);
    process.exit(127);
  });
  child.on('exit', (status) => process.exit(status ?? 1));
}
