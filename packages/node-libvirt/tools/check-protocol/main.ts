/**
 * `check-protocol <libvirt source folder>`: does our table still say what that libvirt's protocol files say?
 * For a developer, at each new libvirt; nothing of libvirt's source is needed to build.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ProgramName } from '../../src/protocol/programs.ts';
import { compare } from './compare.ts';
import { parseX, XSyntaxError } from './x-file.ts';

const usage = `usage: node packages/node-libvirt/tools/check-protocol/main.ts [--missing] FOLDER

Compares the procedure and event tables with the protocol files of a libvirt source tree: numbers, names,
priorities, streams, fields and their limits.

  FOLDER      an unpacked libvirt source (it has src/remote/remote_protocol.x)
  --missing   names the procedures that libvirt has and the table does not

Exits with 0 when all that the table has agrees, 1 when something differs, 64 on bad usage.`;

const files: readonly (readonly [ProgramName, string, string])[] = [
  ['remote', 'REMOTE', 'src/remote/remote_protocol.x'],
  ['qemu', 'QEMU', 'src/remote/qemu_protocol.x'],
];

function fail(message: string): never {
  console.error(message);
  process.exit(64);
}

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { missing: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
    return { ...values, positionals };
  } catch (error) {
    return fail(`${(error as Error).message}\n\n${usage}`);
  }
}

/** Both programs share one set of types. */
async function readAll(folder: string): Promise<readonly string[]> {
  try {
    return await Promise.all(files.map(([, , path]) => readFile(join(folder, path), 'utf8')));
  } catch (error) {
    return fail(
      `${folder} is no libvirt source: ${(error as Error).message}\n` +
        'Unpack a release of libvirt and name its top folder.',
    );
  }
}

const { positionals, missing, help } = readArguments();
if (help) {
  console.log(usage);
  process.exit(0);
}
const [folder] = positionals;
if (folder === undefined || positionals.length > 1) fail(usage);

const texts = await readAll(folder);
let differs = false;
for (const [index, [program, prefix, path]] of files.entries()) {
  try {
    // The second file uses types of the first, whose enums must not be counted again.
    const shared = index === 0 ? '' : (texts[0] ?? '');
    const result = compare(program, prefix, parseX(shared + (texts[index] ?? '')));
    const { agreed, differences, unknown } = result;
    console.log(
      `${path}: ${agreed} agree, ${differences.length} differ, ${unknown.length} of ours are not ` +
        `there, ${result.missing.length} of libvirt's have no row`,
    );
    for (const line of differences) console.log(`  differs: ${line}`);
    for (const name of unknown) console.log(`  not in this libvirt: ${name}`);
    if (missing) for (const name of result.missing) console.log(`  no row: ${name}`);
    differs ||= differences.length > 0;
  } catch (error) {
    if (!(error instanceof XSyntaxError)) throw error;
    console.error(`${path}, ${error.message}: this grammar is not understood`);
    differs = true;
  }
}
process.exitCode = differs ? 1 : 0;
