/**
 * A VM whose disk its host does not reach stands still, and goes on by itself when the storage does. It is not moved
 * meanwhile: the move would stand still too, at the switch-over, where it cannot be taken back.
 */
import type { PoolReach, Vm } from '@drover/core';
import type { Turn } from './turn.ts';

/** What the operation waits for, where it has to. */
export function waitForPool(turn: Turn, operationId: string, vm: Vm): boolean {
  const ailing = ailingPool(turn, vm);
  if (ailing === undefined) return false;
  const { name, reason = ailing.state } = ailing;
  turn.wait(operationId, `pool ${name} on ${vm.hostId ?? ''}: ${reason}`);
  return true;
}

/** No other host reaches a pool of the VM, and one that has it says why: that passes, and is no reason to give up. */
export function waitForPoolElsewhere(turn: Turn, operationId: string, vm: Vm): boolean {
  const others = [...turn.cluster.hosts.values()].filter(({ id }) => id !== vm.hostId);
  for (const name of vm.pools) {
    const reaches = others.map(({ id, pools }) => ({
      id,
      pool: pools.find((one) => one.name === name),
    }));
    if (reaches.some(({ pool }) => pool?.state === 'active')) continue;
    const ailing = reaches.find(({ pool }) => pool?.state === 'error');
    if (ailing === undefined) continue;
    turn.wait(operationId, `pool ${name} on ${ailing.id}: ${ailing.pool?.reason ?? 'error'}`);
    return true;
  }
  return false;
}

function ailingPool(turn: Turn, vm: Vm): PoolReach | undefined {
  const host = turn.cluster.hosts.get(vm.hostId ?? '');
  return host?.pools.find(({ name, state }) => state === 'error' && vm.pools.includes(name));
}
