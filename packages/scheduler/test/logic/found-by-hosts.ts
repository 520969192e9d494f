/** What hosts say when they are asked whether a VM can move: another than that nothing is in the way. */
import type { AgentCommand, IncomingAnswer, VmFacts } from '@drover/protocol';
import { done, type ScriptedHost } from './scripted-host.ts';

export type Finding = IncomingAnswer['findings'][number];

/** What its host finds of the VM. */
export function finds(host: ScriptedHost, vmId: string, more: Partial<VmFacts>): void {
  host.scripts.set('inspect-vm', (command: AgentCommand) => ({
    ...done,
    answer: {
      kind: 'inspect-vm',
      facts: { ...host.factsOf(command.vmId ?? ''), ...(command.vmId === vmId ? more : {}) },
    },
  }));
}

/** What is in the way of the VM on a host. */
export function lacks(host: ScriptedHost, vmId: string, ...findings: Finding[]): void {
  host.scripts.set('check-incoming', ({ vmId: asked, body }) => {
    if (body.kind !== 'check-incoming') return undefined;
    const incoming = host.incoming(body.facts);
    return {
      ...done,
      answer: {
        kind: body.kind,
        incoming: { ...incoming, findings: asked === vmId ? findings : [] },
      },
    };
  });
}
