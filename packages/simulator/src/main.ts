#!/usr/bin/env node
/** The simulator's command: reads what is wanted, plants a bug where one is, and only then loads the world. */
import { readArguments, usage } from './arguments.ts';
import { plantBug } from './planting.ts';
import { plants } from './plants.ts';

async function main(): Promise<number> {
  const wanted = readArguments(process.argv.slice(2));
  if (wanted === undefined) {
    print(usage);
    return 0;
  }
  const { plant } = wanted;
  const isLoaded = plant === undefined ? () => true : plantNamed(plant);
  // Only now: what is imported from here on may have a bug planted in it.
  const { run } = await import('./command.ts');
  if (!isLoaded()) throw new Error(`plant ${plant}: its file is not part of the simulation`);
  return run(wanted, print);
}

function plantNamed(name: string): () => boolean {
  const found = plants.find((one) => one.name === name);
  if (!found) {
    throw new Error(`no plant ${name}; there are ${plants.map((one) => one.name).join(', ')}`);
  }
  return plantBug(found);
}

function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

// Who read the first lines only, as `head` does, wants no more of it.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 2);
});

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
