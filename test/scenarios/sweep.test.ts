/**
 * What scenarios show must come out whatever dies on the way: each process is killed, and stopped for longer than
 * any lease, before and after everything that it asks of disk, libvirt, NATS and etcd; then two of them in one run.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readScenario, renderTrace, sweep } from '@drover/simulator';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

function read(name: string) {
  const file = join(import.meta.dirname, name, 'scenario.yaml');
  return readScenario(name, parse(readFileSync(file, 'utf8')));
}

const pairs = 150;

describe('whatever dies or stands still, and wherever it does', () => {
  it.each([
    ['a start', 'start-goes-elsewhere', 25],
    ['a migration', 'lost-answer-of-a-migration', 90],
    ['a migration in paused mode', 'paused-mode-waits-for-its-source', 90],
    ['a drain', 'drain-move-by-move', 250],
    ['a save and its resume', 'saved-and-resumed-elsewhere', 90],
    ['a takeover', 'leader-killed-in-a-drain', 250],
  ])('%s keeps every promise and comes to rest', { timeout: 400_000 }, (_, name, least) => {
    const { broken, points } = sweep(read(name), { pairs });
    expect(broken && { ...broken, trace: renderTrace(broken.trace) }).toBeUndefined();
    const all = [...points.values()].reduce((sum, count) => sum + count, 0);
    expect(all).toBeGreaterThan(least);
  });
});
