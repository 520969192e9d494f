/** Words that a newcomer stumbled over: what a VM may grow to, why nothing moves, what may be typed as an image. */
import { describe, expect, it } from 'vitest';
import { calmText } from '../src/logic/balance-view.ts';
import { cliLines } from '../src/logic/cli-lines.ts';
import { explainView } from '../src/logic/explain-view.ts';
import { imagesFor } from '../src/logic/new-vm.ts';
import { restoreSentence } from '../src/logic/restore-view.ts';
import { vmFacts } from '../src/logic/vm-facts.ts';
import { isVmStep, vmSteps } from '../src/logic/vm-steps.ts';
import { vm } from './support/made-up.ts';

it('a VM with room to grow says how far', () => {
  const { spec } = vm('web', 'h1');
  const grows = vm('web', 'h1', { spec: { ...spec, vcpus: 1, maxVcpus: 4, memoryMib: 1024 } });
  const size = (of: typeof grows) => vmFacts(of).find(({ name }) => name === 'Size')?.value;
  expect(size(grows)).toMatch(/^1 vCPU, .* of memory; can grow to 4 vCPUs, /);
  expect(size(vm('db', 'h1'))).not.toContain('grow');
});

it('a VM says what balance may do with it, where nobody has set it too', () => {
  const { spec } = vm('web', 'h1');
  const fact = (of: ReturnType<typeof vm>) => vmFacts(of).find(({ name }) => name === 'Balance');
  const set = vm('web', 'h1', { spec: { ...spec, balance: 'never' } });
  expect(fact(set)?.value).toBe('never moved for balance, and not recommended');
  expect(fact(vm('db', 'h1'))?.value).toBe('moved for balance as the cluster’s mode says');
});

it('why nothing is recommended is a sentence', () => {
  const calm = { code: 'even', text: 'the cluster is even enough' };
  expect(calmText({ calm })).toBe('The cluster is even enough.');
  expect(calmText({})).toMatch(/^The balancer has not looked yet/);
});

it('of the host where a VM is, it says only that it is there', () => {
  const rejections = [{ hostId: 'h1', reason: 'host-excluded' }];
  const { rows } = explainView({ candidates: [], rejections });
  expect(rows.map(({ refusal }) => refusal)).toEqual(['the VM is there already']);
});

it('images are suggested: the declared ones, and files of that pool that others were cloned from', () => {
  const images = [
    { name: 'debian-13', state: 'ready' },
    { name: 'half', state: 'uploading' },
  ] as Parameters<typeof imagesFor>[1];
  const specs = [
    { disks: [{ pool: 'vms', image: 'tiny.qcow2' }] },
    { disks: [{ pool: 'vms', image: 'tiny.qcow2' }] },
    {
      disks: [
        { pool: 'fast', image: 'other.qcow2' },
        { pool: 'vms', volume: 'data.raw' },
      ],
    },
  ];
  expect(imagesFor('vms', images, specs)).toEqual(['debian-13', 'tiny.qcow2']);
});

it('bringing VMs back says who goes, who cannot, or that there is nobody', () => {
  type Plan = Parameters<typeof restoreSentence>[0];
  const say = (moves: number, blockers: number) =>
    restoreSentence({
      moves: Array<Plan['moves'][number]>(moves),
      blockers: Array<Plan['blockers'][number]>(blockers),
      estimatedSeconds: 9,
    });
  expect(say(0, 0)).toMatch(/^No drain has moved a VM away/);
  expect(say(1, 0)).toBe('1 VM goes back, in about 9s; all of them run on meanwhile.');
  expect(say(3, 1)).toContain(
    '3 VMs go back, in about 9s; all of them run on meanwhile. 1 VM cannot',
  );
  expect(say(0, 2)).toBe('No VM goes back. 2 VMs cannot go back.');
});

describe('steps of a VM', () => {
  it('each have a question, and the command of the same name', () => {
    for (const step of Object.keys(vmSteps).filter(isVmStep)) {
      const { verb, text } = vmSteps[step];
      expect(verb.toLowerCase()).toBe(step);
      expect(text(vm('web', 'h1')).length).toBeGreaterThan(20);
      expect(cliLines[step]('web')).toBe(`drover vm ${step} web`);
    }
    expect(Object.keys(vmSteps).every(isVmStep)).toBe(true);
    expect(isVmStep('stop')).toBe(false);
    expect(isVmStep(undefined)).toBe(false);
  });
});
