/** Which host is asked for a way to a VM's console, and what is said where there is none. */
import type { QueryReply } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { Lab, vmA, vmB } from './lab.ts';
import { consoleEndOf, done, failed } from './scripted-host.ts';

const consoleId = '00000000-0000-4000-8000-0000000000c1';
const query = (vmId: string, id = consoleId) =>
  ({ type: 'open-console', vmId, consoleId: id, consoleType: 'vnc', takes: true }) as const;

const askedHosts = (lab: Lab) => lab.leader.sends('open-console').map(({ hostId }) => hostId);

describe('a way to a console', () => {
  it('is asked of the host that has the VM, and of no other', () => {
    const lab = Lab.withHosts(3);
    lab.runningVm(vmA, 'h2');
    const way: QueryReply = { type: 'open-console', hostId: 'h2', end: consoleEndOf('h2') };
    expect(lab.ask(query(vmA))).toEqual(way);
    expect(askedHosts(lab)).toEqual(['h2']);
    expect(lab.leader.sends('open-console')[0]?.body).toMatchObject({ consoleId, takes: true });
  });

  it('is asked for anew each time: what was given before is somebody’s', () => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1');
    lab.ask(query(vmA));
    lab.ask(query(vmA, '00000000-0000-4000-8000-0000000000c2'));
    expect(askedHosts(lab)).toEqual(['h1', 'h1']);
  });

  it('of a VM that moves is asked of the target once the source has it no more', () => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1');
    // The target has it, and nobody has told of that yet.
    lab.host('h1').scripts.set('migrate-out', () => undefined);
    lab.request({ type: 'migrate', vmId: vmA, target: 'h2' });
    lab.until('it moves', () => lab.leader.sends('migrate-out').length > 0);
    expect(lab.ask(query(vmA))).toMatchObject({ hostId: 'h1' });
    lab.host('h1').scripts.set('open-console', () => failed('vm-not-running'));
    const way = { ...done, answer: { kind: 'open-console', end: consoleEndOf('h2') } } as const;
    lab.host('h2').scripts.set('open-console', () => way);
    const again = query(vmA, '00000000-0000-4000-8000-0000000000c2');
    expect(lab.ask(again)).toMatchObject({ type: 'open-console', hostId: 'h2' });
  });

  it('that its host refuses is refused in the host’s words, and nobody else is asked', () => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1');
    lab.host('h1').scripts.set('open-console', () => failed('console-missing'));
    expect(lab.ask(query(vmA))).toMatchObject({ type: 'error', code: 'console-missing' });
    expect(askedHosts(lab)).toEqual(['h1']);
  });

  it('is not asked for where the VM runs nowhere', () => {
    const lab = Lab.withHosts(1);
    lab.declareVm(vmB);
    expect(lab.ask(query(vmB))).toMatchObject({ type: 'error', code: 'vm-not-found' });
    expect(askedHosts(lab)).toEqual([]);
  });

  it('of a host that does not answer is given up in time, and said so', () => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1');
    lab.host('h1').scripts.set('open-console', () => undefined);
    lab.ask(query(vmA));
    lab.pass(4_000);
    const reply = lab.leader.said.findLast((one) => one.type === 'reply')?.reply;
    expect(reply).toMatchObject({ type: 'error', code: 'host-silent' });
  });
});
