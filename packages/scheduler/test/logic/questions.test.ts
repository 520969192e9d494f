/** Hosts that answer late, or never: what they are asked is neither asked in circles nor waited for without end. */
import type { AgentCommand } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { Lab, vmA, vmB, vmC } from './lab.ts';
import { type Answer, done, failed, type ScriptedHost } from './scripted-host.ts';

type Kind = 'inspect-vm' | 'check-incoming';

function aLab(hosts: number, ...vms: string[]): Lab {
  const lab = Lab.withHosts(hosts);
  for (const vm of vms) lab.runningVm(vm, 'h1', { memoryMib: 256 });
  return lab;
}

/** The host keeps what it is asked about a VM to itself. */
function keeps(host: ScriptedHost, kind: Kind, vmId: string): AgentCommand[] {
  const kept: AgentCommand[] = [];
  host.scripts.set(kind, (command) => {
    if (command.vmId !== vmId) return host.obey(command);
    kept.push(command);
    return undefined;
  });
  return kept;
}

/** Every answer of these hosts takes so long; `answer` says what it is. */
function slowly(
  lab: Lab,
  kind: Kind,
  tookMs: number,
  answer: (host: ScriptedHost, command: AgentCommand) => Answer,
): () => void {
  const due: { readonly atMs: number; readonly tell: () => void }[] = [];
  for (const host of lab.hosts.values()) {
    host.scripts.set(kind, (command) => {
      const tell = () => host.end(command, answer(host, command));
      due.push({ atMs: lab.monoMs + tookMs, tell });
      return undefined;
    });
  }
  return () => {
    while ((due[0]?.atMs ?? Number.POSITIVE_INFINITY) <= lab.monoMs) due.shift()?.tell();
  };
}

const migrate = (vmId: string, target?: string) =>
  ({ type: 'migrate', vmId, ...(target === undefined ? {} : { target }) }) as const;

describe('a question without an answer', () => {
  it('is sent again under its number, so that an answer that comes late counts', () => {
    const lab = aLab(2, vmA);
    const h1 = lab.host('h1');
    const kept = keeps(h1, 'inspect-vm', vmA);
    const id = lab.request(migrate(vmA));
    lab.until('it was asked twice', () => kept.length === 2);
    lab.pass(1_000);
    const [first] = kept;
    if (first !== undefined) h1.end(first, h1.obey(first));
    lab.pass(2_000);
    expect(lab.operation(id)).toMatchObject({ state: 'succeeded' });
    expect(new Set(kept.map(({ step }) => step)).size).toBe(1);
  });

  it('is asked ten times; then the move fails, and says who is silent', () => {
    const lab = aLab(2, vmA);
    const kept = keeps(lab.host('h1'), 'inspect-vm', vmA);
    const id = lab.request(migrate(vmA));
    lab.pass(55_000);
    expect(lab.operation(id)).toMatchObject({
      state: 'pending',
      reason: 'waits for what hosts say about the move',
    });
    const { state, error } = lab.ended(id);
    expect({ state, code: error?.code }).toEqual({ state: 'failed', code: 'host-silent' });
    expect(error?.message).toContain('h1 was asked 10 times in 60 s');
    expect(kept).toHaveLength(10);
  });

  it('about a target makes it no target: another one is taken', () => {
    const lab = aLab(3, vmA);
    keeps(lab.host('h2'), 'check-incoming', vmA);
    expect(lab.ended(lab.request(migrate(vmA)))).toMatchObject({
      state: 'succeeded',
      target: 'h3',
    });
  });

  it('is given its time again where the host was not heard at all meanwhile', () => {
    const lab = aLab(2, vmA);
    const h1 = lab.host('h1');
    const kept = keeps(h1, 'inspect-vm', vmA);
    const id = lab.request(migrate(vmA));
    lab.pass(55_000);
    expect(kept).toHaveLength(10);
    h1.silent = true;
    lab.pass(40_000);
    h1.silent = false;
    h1.scripts.clear();
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded' });
  });

  it('is not counted anew for each that asks the same', () => {
    const lab = aLab(2, vmA);
    keeps(lab.host('h1'), 'inspect-vm', vmA);
    const id = lab.request(migrate(vmA));
    for (let seconds = 0; seconds < 70; seconds += 1) {
      lab.ask({ type: 'plan-move', vmId: vmA });
      lab.pass(1_000);
    }
    expect(lab.operation(id)).toMatchObject({ state: 'failed', error: { code: 'host-silent' } });
  });
});

describe('a drain with a VM that its host says nothing about', () => {
  it('moves the others meanwhile, and blocks that one', () => {
    const lab = aLab(3, vmA, vmB, vmC);
    keeps(lab.host('h1'), 'inspect-vm', vmA);
    const id = lab.request({ type: 'drain', hostId: 'h1' });
    const states = () => lab.operation(id).items?.map(({ vmId, state }) => [vmId, state]);
    lab.pass(12_000);
    expect(states()).toEqual(
      expect.arrayContaining([
        [vmA, 'waiting'],
        [vmB, 'moved'],
        [vmC, 'moved'],
      ]),
    );
    const ended = lab.ended(id);
    expect(ended.state).toBe('blocked');
    expect(ended.items?.find(({ vmId }) => vmId === vmA)).toMatchObject({
      state: 'blocked',
      reason: expect.stringContaining('h1 was asked 10 times'),
    });
  });

  it('does not block it while others are on their way: the host may have its hands full with them', () => {
    const lab = aLab(4, vmA, vmB);
    const h1 = lab.host('h1');
    keeps(h1, 'inspect-vm', vmB);
    h1.scripts.set('migrate-out', (command) => {
      h1.obey(command);
      return undefined;
    });
    const id = lab.request({ type: 'drain', hostId: 'h1', parallel: 2 });
    const states = () => lab.operation(id).items?.map(({ vmId, state }) => [vmId, state]);
    lab.pass(90_000);
    expect(states()).toEqual([
      [vmA, 'moving'],
      [vmB, 'waiting'],
    ]);
    h1.scripts.clear();
    for (const command of h1.acted) {
      if (command.body.kind === 'migrate-out') h1.end(command, { outcome: 'done' });
    }
    expect(lab.ended(id).state).toBe('succeeded');
  });

  it('asks about no more than eight of many where it is slow about each', () => {
    const vms = Array.from({ length: 20 }, (_, at) => `${vmA.slice(0, -2)}${10 + at}`);
    const lab = aLab(3, ...vms);
    const h1 = lab.host('h1');
    const asked = new Set<string | undefined>();
    h1.scripts.set('inspect-vm', ({ vmId }) => void asked.add(vmId));
    lab.request({ type: 'drain', hostId: 'h1' });
    lab.pass(50_000);
    expect(asked.size).toBe(8);
  });

  it('says meanwhile what it waits for', () => {
    const lab = aLab(2, vmA);
    keeps(lab.host('h1'), 'inspect-vm', vmA);
    const id = lab.request({ type: 'drain', hostId: 'h1' });
    lab.pass(12_000);
    expect(lab.operation(id).reason).toBe('waits for what hosts say about vm-a');
  });
});

describe('a search for a target', () => {
  const lacks: Answer = {
    ...done,
    answer: {
      kind: 'check-incoming',
      incoming: {
        findings: [{ code: 'network-missing', subject: 'bridge br1' }],
        kernel: 'k',
        guards: [],
      },
    },
  };

  it('ends though it takes longer than an answer is kept, and asks nobody twice', () => {
    const lab = aLab(60, vmA);
    const answer = (host: ScriptedHost, command: AgentCommand) =>
      host.id === 'h9' ? host.obey(command) : lacks;
    const tell = slowly(lab, 'check-incoming', 2_500, answer);
    const id = lab.request(migrate(vmA));
    lab.until('it has ended', () => {
      tell();
      return lab.etcd.operation(id)?.endedAtMs !== undefined;
    });
    expect(lab.operation(id)).toMatchObject({ state: 'succeeded', target: 'h9' });
    const asked = lab.leader.sends('check-incoming').map(({ hostId }) => hostId);
    expect(asked.filter((hostId) => hostId !== 'h9')).toHaveLength(58);
    expect(lab.leader.sends('inspect-vm').length).toBeGreaterThan(1);
  });

  it('takes the best that can, not the first that answers', () => {
    const lab = aLab(3, vmA);
    lab.runningVm(vmB, 'h3', { memoryMib: 2_048 });
    const kept = keeps(lab.host('h2'), 'check-incoming', vmA);
    const id = lab.request(migrate(vmA));
    lab.pass(2_000);
    expect(lab.leader.sends('check-incoming').map(({ hostId }) => hostId)).toEqual(['h2', 'h3']);
    expect(lab.operation(id).state).toBe('pending');
    const [first] = kept;
    const h2 = lab.host('h2');
    if (first !== undefined) h2.end(first, h2.obey(first));
    expect(lab.ended(id)).toMatchObject({ state: 'succeeded', target: 'h2' });
  });

  it('of a later request begins anew: who said no may have been helped', () => {
    const lab = aLab(2, vmA);
    lab.host('h2').scripts.set('check-incoming', () => lacks);
    expect(lab.ended(lab.request(migrate(vmA))).state).toBe('failed');
    lab.host('h2').scripts.clear();
    expect(lab.ended(lab.request(migrate(vmA))).state).toBe('succeeded');
  });

  it('does not begin before there is a slot for the move', () => {
    const lab = aLab(4, vmA, vmB);
    lab.host('h1').scripts.set('migrate-out', () => undefined);
    lab.request(migrate(vmA));
    lab.pass(1_000);
    const id = lab.request(migrate(vmB));
    lab.pass(20_000);
    expect(lab.operation(id).reason).toBe('waits for a free slot for a migration out of h1');
    const asked = lab.leader.sends('inspect-vm').map(({ vmId }) => vmId);
    expect(asked).not.toContain(vmB);
  });
});

describe('many answers', () => {
  it('do not push out what a migration that is under way still needs', () => {
    const lab = aLab(2, vmA);
    const h1 = lab.host('h1');
    const orders: AgentCommand[] = [];
    h1.scripts.set('migrate-out', (command) => void orders.push(command));
    const id = lab.request(migrate(vmA));
    lab.until('it copies', () => orders.length > 0);
    for (let step = 1_000; step < 2_000; step += 1) {
      const result = { opId: `ask-${lab.leader.epoch}`, step, ...failed('hypervisor-error') };
      const body = { v: 1, incarnation: 'i1', result } as const;
      lab.leader.feed({ type: 'agent-said', hostId: 'h2', message: { kind: 'result', body } });
    }
    lab.pass(1_000);
    expect(lab.operation(id)).toMatchObject({ step: 'perform' });
    expect(lab.operation(id).error).toBeUndefined();
  });
});
