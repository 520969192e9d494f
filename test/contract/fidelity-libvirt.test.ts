/**
 * The simulator's hosts against two real ones: whatever the agents do to VMs, at random and with libvirt killed in the
 * middle of it, the agents see the same. The agent's own shell acts on libvirt and QEMU, the simulator's on its model.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostOperation, hostStories, sayHost } from './fidelity/host-operations.ts';
import { hostPlayer } from './fidelity/host-player.ts';
import { fidelityMs, playBoth } from './fidelity/play.ts';
import { RealHosts } from './fidelity/real-hosts.ts';
import { simulatedHosts } from './fidelity/simulated-hosts.ts';

let hosts: RealHosts;

beforeAll(async () => {
  hosts = await RealHosts.start();
});

afterAll(async () => {
  await hosts?.[Symbol.asyncDispose]();
});

describe('the simulated hosts', () => {
  it(
    'start, stop, move and lose VMs as libvirt and QEMU do',
    async () => {
      const runs = await playBoth({
        fake: hostPlayer('the simulator', simulatedHosts),
        real: hostPlayer('libvirt', () => hosts.play()),
        operation: hostOperation,
        say: sayHost,
        operations: [3, 12],
        runs: 3,
        examples: hostStories,
        shrinkMs: 20_000,
      });
      expect(runs).toBeGreaterThan(0);
    },
    fidelityMs(300_000),
  );
});
