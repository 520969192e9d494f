/**
 * Plants a bug: a hook of Node's module loader that alters one file's text as it is loaded. Must be called
 * before anything that imports the file.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plant } from './plants.ts';

const repository = join(import.meta.dirname, '../../..');

/** The text with the bug in it; throws where the plant does not fit the text any more. */
export function plantIn(text: string, { name, file, find, replace }: Plant): string {
  const count = text.split(find).length - 1;
  if (count !== 1) {
    throw new Error(
      `plant ${name}: its text is ${count} times in ${file}, not once; make plants.ts fit the code again`,
    );
  }
  return text.replace(find, () => replace);
}

export function readPlanted(plant: Plant): string {
  return plantIn(readFileSync(join(repository, plant.file), 'utf8'), plant);
}

/** Returns whether the file has been loaded since. */
export function plantBug(plant: Plant): () => boolean {
  const source = readPlanted(plant);
  const url = pathToFileURL(join(repository, plant.file)).href;
  let isLoaded = false;
  registerHooks({
    load(wanted, context, nextLoad) {
      if (wanted !== url) return nextLoad(wanted, context);
      isLoaded = true;
      return { format: 'module-typescript', source, shortCircuit: true };
    },
  });
  return () => isLoaded;
}
