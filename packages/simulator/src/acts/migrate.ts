/** Both ends of a migration as the agents order it: the tunnel on the target, the call on the source. */
import type { ActionOutcome, TimelineKeeper } from '@drover/agent/logic';
import type { MigrationEnd } from '../migration.ts';
import { type GivenUp, steer } from './steer.ts';
import { type ActsWorld, failed, type Of } from './world.ts';

const mibBytes = 1024 * 1024;

export function prepareIncoming(world: ActsWorld, action: Of<'prepare-incoming'>): void {
  const { host, random, onAnswer } = world;
  const copy = host.hypervisor.copy(action.vmId);
  if (copy) return onAnswer(failed('vm-running', `a copy of it is ${copy.state} here already`));
  const port = 20_000 + random.below(20_000);
  const tunnel = { host: host.address, port, secret: random.hex(64) };
  host.openTunnel(action.opId, tunnel);
  onAnswer({ outcome: 'done', tunnel });
}

export function migrateOut(world: ActsWorld, action: Of<'migrate-out'>): void {
  const { life, host, migrations, hostAt, onAnswer } = world;
  const copy = host.hypervisor.copy(action.vmId);
  if (copy?.state !== 'running') {
    const state = copy?.state ?? 'absent';
    return onAnswer(failed('vm-not-running', `the VM is ${state} on this host`));
  }
  const target = hostAt(action.migrationAddress);
  const end = target?.tunnel(action.opId);
  if (target === undefined || end?.secret !== action.tunnel.secret || !target.isPowered) {
    return onAnswer(failed('tunnel-failed', 'nobody listens at the other end'));
  }
  // It takes one connection.
  target.closeTunnel(action.opId);
  const steering = steer(world, action.opId, action.vmId, action);
  const answer = life.listening((ended: MigrationEnd) => {
    steering.deadline.cancel();
    onAnswer({ ...outcomeOf(ended, steering.why), ...timelineOf(ended, steering.keeper) });
  });
  migrations.begin({
    vmId: action.vmId,
    source: host.hypervisor,
    target: target.hypervisor,
    mode: action.mode,
    throttle: action.policy.throttle,
    downtimeMs: action.policy.downtimeLadderMs[0] ?? 0,
    onSample: steering.onSample,
    onEnd: answer,
  });
}

function timelineOf(ended: MigrationEnd, keeper: TimelineKeeper): Pick<ActionOutcome, 'timeline'> {
  const { downtimeMs, transferredMib } = ended;
  const figures = {
    ...(downtimeMs === undefined ? {} : { downtimeMs }),
    ...(transferredMib === undefined ? {} : { transferredBytes: transferredMib * mibBytes }),
  };
  return { timeline: keeper.timeline(figures) };
}

function outcomeOf(ended: MigrationEnd, why: GivenUp | undefined): ActionOutcome {
  const { message } = ended;
  switch (ended.type) {
    case 'done': {
      const { downtimeMs = 0, transferredMib = 0 } = ended;
      return { outcome: 'done', downtimeMs, transferredBytes: transferredMib * mibBytes };
    }
    case 'aborted':
      return failed(why?.code ?? 'migration-aborted', why?.why ?? message);
    case 'failed':
      return failed('migration-failed', message);
    case 'lost':
      return { outcome: 'unknown', error: { code: 'hypervisor-unreachable', message } };
  }
}
