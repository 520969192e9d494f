/** What stays with a migration: it leaves in time, and is heard. */
import { migrationPresets } from '@drover/core';
import { type Domain, LibvirtError } from 'node-libvirt';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { LinkEvent, LibvirtLink } from '../../src/shell/libvirt-link.ts';
import { type MigrationEnd, type Steered, Steering } from '../../src/shell/steer.ts';

const none = { type: 'none', operation: 'unknown' };
const running = {
  type: 'unbounded',
  operation: 'migration-out',
  timeElapsedMs: 5_000,
  memoryIteration: 2,
  memoryTotalBytes: 1_000,
  memoryRemainingBytes: 500,
  memoryProcessedBytes: 500,
};
const lockTimeout = new LibvirtError({
  code: 68,
  domain: 10,
  level: 2,
  message: 'cannot acquire state change lock',
});
const invalid = new LibvirtError({
  code: 55,
  domain: 10,
  level: 2,
  message: 'domain is not running',
});

/** Each look is asked for by the end of a round, and sees the next of `looks`; an error is thrown. */
function steering(
  looks: readonly (object | Error)[],
  options: Partial<Steered> & { readonly timeoutMs?: number } = {},
) {
  const { end = {}, timeoutMs = 600_000, ...more } = options;
  const aborts: number[] = [];
  const warned: string[] = [];
  let refusals: Error[] = [];
  let looked = 0;
  let listener: ((event: LinkEvent) => void) | undefined;
  const roundEnds = () =>
    queueMicrotask(() => listener?.({ name: 'migrationIteration', dom: { uuid: 'vm' } } as never));
  const dom = {
    uuid: 'vm',
    name: 'a',
    job: {
      stats: async () => {
        const seen = looks[looked] ?? none;
        looked += 1;
        roundEnds();
        if (seen instanceof Error) throw seen;
        return seen;
      },
      abort: async () => {
        aborts.push(looked);
        const [refusal, ...rest] = refusals;
        refusals = rest;
        if (refusal) throw refusal;
      },
    },
    migration: { setMaxDowntime: async () => undefined },
  } as unknown as Domain;
  const link = {
    onEvent: (heard: (event: LinkEvent) => void) => {
      listener = heard;
      roundEnds();
      return { [Symbol.dispose]: () => undefined };
    },
  } as unknown as LibvirtLink;
  const context = {
    link,
    onProgress: () => undefined,
    warn: (text: string) => void warned.push(text),
  };
  const order = { policy: { ...migrationPresets.gentle }, timeoutMs };
  const stopped = new AbortController();
  const run = new Steering(context, { opId: 'op', dom, order, end, ...more }).run(stopped.signal);
  return {
    run,
    aborts,
    warned,
    stop: () => stopped.abort(),
    refuse: (...errors: Error[]) => (refusals = errors),
    looked: () => looked,
  };
}

describe('who stays with a migration', () => {
  it('that somebody else began leaves as soon as there is no job, and aborts nothing after it', async () => {
    const { run, aborts, looked } = steering([none, running], { isUnderWay: true });
    await run;
    expect(looked()).toBe(1);
    expect(aborts).toEqual([]);
  });

  it('leaves when the VM is off here: it has moved, though its definition is still there', async () => {
    const { run, looked } = steering([running, invalid, running]);
    await run;
    expect(looked()).toBe(2);
  });

  it('says that it is given up until libvirt has heard it', async () => {
    const end: MigrationEnd = {};
    const looks = [running, { ...running, memoryIteration: 3 }, running, none];
    const { run, aborts, warned, refuse } = steering(looks, { end, timeoutMs: 1_000 });
    refuse(lockTimeout);
    await run;
    expect(end.reason).toBe('migration-timeout');
    expect(aborts.length).toBeGreaterThan(1);
    expect(warned.join()).toContain('cannot acquire state change lock');
  });

  it('aborts a job that begins after it was to be aborted, and none before that', async () => {
    const end: MigrationEnd = { reason: 'migration-aborted' };
    const { run, aborts } = steering([none, none, running, none], { end });
    await run;
    expect(aborts).toEqual([3]);
  });

  describe('of one that is given up', () => {
    /** Each look is a second after the one before. */
    const secondsPass = () => {
      let nowMs = 0;
      vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += 1_000));
    };
    afterEach(() => vi.restoreAllMocks());
    const preparing = { ...running, memoryIteration: 0, memoryProcessedBytes: 0 };

    it('lets go of the target that does not get ready: nothing is lost by it', async () => {
      secondsPass();
      const end: MigrationEnd = { reason: 'migration-aborted' };
      let letGo = 0;
      const looks = Array.from({ length: 12 }, () => preparing);
      const { run, aborts } = steering([...looks, none], { end, letGo: () => (letGo += 1) });
      await run;
      expect({ letGo, isLetGo: end.isLetGo }).toEqual({ letGo: 1, isLetGo: true });
      expect(aborts).not.toEqual([]);
    });

    it('does not once memory is on its way: who has the VM is asked with that connection', async () => {
      secondsPass();
      const end: MigrationEnd = { reason: 'migration-aborted' };
      let letGo = 0;
      const looks = Array.from({ length: 12 }, () => running);
      const { run } = steering([...looks, none], { end, letGo: () => (letGo += 1) });
      await run;
      expect({ letGo, isLetGo: end.isLetGo }).toEqual({ letGo: 0, isLetGo: undefined });
    });
  });
});
