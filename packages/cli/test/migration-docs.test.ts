/** The example in docs/migration.md is what the program says of a move that the simulator plays. */
import { type api, OperationRecord, parseJson } from '@drover/protocol';
import { readScenario, runScenario } from '@drover/simulator';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { migrationPage } from '../src/logic/migration-view.ts';

/** That of `test/scenarios/migration-does-not-converge`. */
const scenario = {
  claim: 'a VM that writes faster than the link carries is left where it runs',
  cluster: { hosts: { h1: { memoryMib: 4096 }, h2: { memoryMib: 4096 } } },
  script: [
    { at: 10, do: 'create', vm: 'hot', memoryMib: 2048, dirtyMibPerSecond: 4000 },
    { at: 20, do: 'migrate', vm: 'hot' },
  ],
  until: 660,
};

function givenUp(): api.OperationBody {
  const { world } = runScenario(readScenario('docs', scenario));
  const { entries } = world.etcd.range('/drover/decision/operations/');
  const records = entries.flatMap(({ value }) => {
    const parsed = parseJson(OperationRecord, value);
    return parsed.ok && parsed.value.type === 'migrate' ? [parsed.value] : [];
  });
  const [{ v: _v, epoch: _epoch, ...shown } = expect.fail('nothing was moved')] = records;
  return { ...shown, done: true, cancellable: false };
}

it('docs/migration.md shows the page of a move that was given up, line by line', () => {
  const docs = readFileSync(new URL('../../../docs/migration.md', import.meta.url), 'utf8');
  const [, block = ''] = docs.split('$ drover migration show r002\n');
  const [example = ''] = block.split('```');
  const operation = givenUp();
  const page = migrationPage(operation, (operation.endedAtMs ?? 0) + 240_000);
  expect(example.trimEnd().split('\n')).toEqual(page);
});
