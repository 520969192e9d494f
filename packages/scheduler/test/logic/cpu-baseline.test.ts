import { describe, expect, it } from 'vitest';
import { Lab, vmA, vmB } from './lab.ts';
import { done, failed } from './scripted-host.ts';

const xml = (model: string) => `<cpu><model>${model}</model></cpu>`;

/** Each host names a CPU of its own; what all give is called `common`. */
function aLab(...models: string[]): Lab {
  const lab = Lab.withHosts(models.length);
  for (const [index, model] of models.entries()) {
    const host = lab.host(`h${index + 1}`);
    host.scripts.set('read-cpu', () => ({
      ...done,
      answer: { kind: 'read-cpu', arch: 'x86_64', virtType: 'kvm', cpu: xml(model) },
    }));
    host.scripts.set('baseline-cpu', () => ({
      ...done,
      answer: { kind: 'baseline-cpu', cpu: xml('common') },
    }));
  }
  return lab;
}

const compute = (lab: Lab) => lab.ended(lab.request({ type: 'cpu-baseline' }));

describe('the cluster’s CPU', () => {
  it('is computed by one host from what all hosts give, and kept with who asked and when', () => {
    const lab = aLab('EPYC', 'Milan', 'EPYC');
    expect(compute(lab)).toMatchObject({ state: 'succeeded' });
    const asked = lab.leader.sends('baseline-cpu');
    expect(asked.map(({ hostId, body }) => [hostId, body])).toMatchObject([
      ['h1', { cpus: [xml('EPYC'), xml('Milan')] }],
    ]);
    expect(lab.etcd.cpuBaseline()).toMatchObject({
      by: 'test',
      cpus: [{ accelerator: 'kvm', model: 'common', hosts: ['h1', 'h2', 'h3'] }],
    });
  });

  it('is computed by a host whose libvirt knows most', () => {
    const lab = aLab('EPYC', 'Milan');
    lab.host('h2').about = { libvirtVersion: 12_000_000 };
    lab.host('h2').report();
    lab.pass(1_000);
    compute(lab);
    expect(lab.leader.sends('baseline-cpu').map(({ hostId }) => hostId)).toEqual(['h2']);
  });

  it('of many kinds is found a few at a time, each with what was found so far', () => {
    const lab = aLab('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
    compute(lab);
    const asked = lab.leader.sends('baseline-cpu').map(({ body }) => 'cpus' in body && body.cpus);
    expect(asked).toEqual([
      ['a', 'b', 'c', 'd', 'e', 'f'].map(xml),
      [xml('common'), xml('g'), xml('h')],
    ]);
  });

  it('goes with the order of each VM that starts from then on, and of none before', () => {
    const lab = aLab('EPYC', 'EPYC');
    lab.declareVm(vmA);
    lab.ended(lab.request({ type: 'start', vmId: vmA }));
    compute(lab);
    lab.declareVm(vmB);
    lab.ended(lab.request({ type: 'start', vmId: vmB }));
    const cpus = lab.leader
      .sends('start-vm')
      .map(({ body }) => body.kind === 'start-vm' && body.vm.cpu);
    expect(cpus).toEqual([undefined, xml('common')]);
  });

  it('is not computed by itself when hosts change', () => {
    const lab = aLab('EPYC', 'EPYC');
    compute(lab);
    const before = lab.etcd.cpuBaseline();
    lab.addHost('h3');
    lab.pass(70_000);
    expect(lab.etcd.cpuBaseline()).toEqual(before);
    expect(lab.leader.sends('baseline-cpu')).toHaveLength(1);
  });

  it('that a host cannot give keeps new VMs from it, and is said', () => {
    const lab = aLab('EPYC', 'EPYC');
    compute(lab);
    const joined = lab.addHost('h3');
    joined.scripts.set('check-cpu', () => ({
      ...done,
      answer: { kind: 'check-cpu', gives: false },
    }));
    lab.pass(5_000);
    expect(lab.ask({ type: 'cpu-gaps' })).toEqual({ type: 'cpu-gaps', hosts: ['h3'] });
    const spec = { vcpus: 1, memoryMib: 256, disks: [], networks: [] };
    expect(lab.ask({ type: 'place', spec, count: 1, only: 'h3' })).toMatchObject({
      answers: [
        {
          type: 'refused',
          rejections: expect.arrayContaining([
            expect.objectContaining({ hostId: 'h3', reason: 'cpu-baseline-missing' }),
          ]),
        },
      ],
    });
  });

  it('is asked for again of a host that was silent about it, long before an answer is too old', () => {
    const lab = aLab('EPYC', 'EPYC');
    compute(lab);
    const joined = lab.addHost('h3');
    joined.scripts.set('check-cpu', () => undefined);
    lab.pass(25_000);
    joined.scripts.set('check-cpu', () => ({
      ...done,
      answer: { kind: 'check-cpu', gives: false },
    }));
    lab.pass(30_000);
    expect(lab.ask({ type: 'cpu-gaps' })).toEqual({ type: 'cpu-gaps', hosts: ['h3'] });
  });

  /** As libvirt does it: CPUs of two vendors have none in common. */
  const splits = (lab: Lab, most: number) =>
    lab.host('h1').scripts.set('baseline-cpu', ({ body }) => {
      const cpus = body.kind === 'baseline-cpu' ? body.cpus : [];
      const vendors = new Set(cpus.map((cpu) => /<model>(\w+)/.exec(cpu)?.[1]?.slice(0, 3)));
      if (vendors.size > 1 || cpus.length > most) {
        return failed('hypervisor-error', 'no common CPU');
      }
      return { ...done, answer: { kind: 'baseline-cpu', cpu: xml('common') } };
    });

  it('that cannot be found is an error that names the hosts that do not agree, and changes nothing', () => {
    const lab = aLab('AMDa', 'INTa', 'AMDb', 'INTb', 'AMDa');
    splits(lab, 9);
    const { state, error } = compute(lab);
    expect({ state, message: error?.message }).toEqual({
      state: 'failed',
      message:
        'h1 finds no CPU that all hosts give: no common CPU; h2, h4 give none that h1, h3, h5 give',
    });
    expect(lab.etcd.cpuBaseline()).toBeUndefined();
  });

  it('that only all of them together lack is no host’s fault, nor is a libvirt that finds none at all', () => {
    const together = aLab('AMDa', 'AMDb', 'AMDc');
    splits(together, 2);
    expect(compute(together).error?.message).toMatch(/no common CPU; any two of them would agree$/);
    const broken = aLab('AMDa', 'AMDb');
    splits(broken, 0);
    expect(compute(broken).error?.message).toMatch(/no common CPU$/);
  });

  it('is computed without a host that is down, which is said', () => {
    const lab = aLab('EPYC', 'EPYC', 'Old');
    lab.host('h3').silent = true;
    lab.pass(40_000);
    expect(compute(lab)).toMatchObject({ state: 'succeeded', reason: 'without h3' });
    expect(lab.etcd.cpuBaseline()?.cpus[0]?.hosts).toEqual(['h1', 'h2']);
  });
});
