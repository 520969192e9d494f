import { describe, expect, it } from 'vitest';
import { Hypervisor } from '../src/hypervisor.ts';
import { type MigrationEnd, Migrations } from '../src/migration.ts';
import { quietWorld, runFor, vmA } from './support.ts';

function migrating(mode: 'live' | 'paused' = 'live') {
  const world = quietWorld();
  const { timeline } = world;
  const source = new Hypervisor('h1', world);
  const target = new Hypervisor('h2', world);
  const migrations = new Migrations(world);
  const about = { name: 'web', memoryMib: 1_000, vcpus: 1, generation: 1, startedBy: 'r1' };
  source.create({ vmId: vmA, ...about }, () => undefined);
  runFor(timeline, 1_000);
  const ends: MigrationEnd[] = [];
  migrations.begin({
    vmId: vmA,
    source,
    target,
    mode,
    downtimeMs: 300,
    onSample: () => undefined,
    onEnd: (end) => ends.push(end),
  });
  const states = () => {
    const show = (one: Hypervisor) => {
      const copy = one.copy(vmA);
      return copy ? `${copy.state}${copy.job ? ` ${copy.job}` : ''}` : 'absent';
    };
    return [show(source), show(target)];
  };
  return { timeline, source, target, migrations, ends, states };
}

/** 1000 MiB at 200 MiB/s, then 200 ms to switch over, then 50 ms for the last answer. */
const copyMs = 5_000;

describe('a migration', () => {
  it('has copies on both hosts until it is confirmed', () => {
    const { timeline, ends, states } = migrating();
    runFor(timeline, 1_000);
    expect(states()).toEqual(['running out', 'paused-migrating in']);
    runFor(timeline, copyMs - 1_000 + 100);
    expect(states()).toEqual(['paused-migrating out', 'paused-migrating in']);
    runFor(timeline, 120);
    expect(states()).toEqual(['paused-migrating out', 'running']);
    runFor(timeline, 1_000);
    expect(states()).toEqual(['absent', 'running']);
    expect(ends[0]?.type).toBe('done');
  });

  it('can be aborted until the switch-over, and runs on at its source', () => {
    const { timeline, migrations, ends, states } = migrating();
    runFor(timeline, 1_000);
    expect(migrations.abort('h1', vmA)).toBe('aborted');
    runFor(timeline, 1_000);
    expect(states()).toEqual(['running', 'absent']);
    expect(ends[0]?.type).toBe('aborted');
    const late = migrating();
    runFor(late.timeline, copyMs + 100);
    expect(late.migrations.abort('h1', vmA)).toBe('too-late');
  });

  it.each([
    ['live', ['paused-migrating', 'running']],
    ['paused', ['running', 'paused']],
  ] as const)('in %s mode with its last answer lost leaves %j', (mode, left) => {
    const { timeline, migrations, ends, states } = migrating(mode);
    migrations.losingFinishes = 1;
    runFor(timeline, copyMs + 60_000);
    expect(states()).toEqual(left);
    expect(ends[0]?.type).toBe('failed');
  });

  it.each([
    [1_000, ['running', 'absent']],
    [copyMs + 100, ['paused-migrating', 'absent']],
    [copyMs + 220, ['paused-migrating', 'running']],
  ] as const)('whose source loses libvirt after %i ms leaves %j', (ms, left) => {
    const { timeline, source, migrations, ends, states } = migrating();
    runFor(timeline, ms);
    source.goDown();
    migrations.lostDaemon(source);
    runFor(timeline, 1_000);
    expect(states()).toEqual(left);
    expect(ends[0]?.type).toBe('lost');
  });

  it.each([
    [1_000, ['running', 'absent']],
    [copyMs + 100, ['running', 'absent']],
    [copyMs + 220, ['paused-migrating', 'running']],
  ] as const)('whose target loses libvirt after %i ms leaves %j', (ms, left) => {
    const { timeline, target, migrations, states } = migrating();
    runFor(timeline, ms);
    target.goDown();
    migrations.lostDaemon(target);
    runFor(timeline, 60_000);
    expect(states()).toEqual(left);
  });

  it('between hosts that lose each other fails after libvirt’s keepalive', () => {
    const { timeline, migrations, states } = migrating();
    runFor(timeline, 1_000);
    migrations.cut('h2', 'h1');
    runFor(timeline, 20_000);
    expect(states()).toEqual(['running out', 'paused-migrating in']);
    runFor(timeline, 50_000);
    expect(states()).toEqual(['running', 'absent']);
  });

  it('of a VM that ends on the way leaves nothing anywhere', () => {
    const { timeline, source, states } = migrating();
    runFor(timeline, 1_000);
    source.remove(vmA, 'crashed');
    runFor(timeline, 2_000);
    expect(states()).toEqual(['absent', 'absent']);
  });
});
