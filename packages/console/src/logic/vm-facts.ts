/** What a VM is, as names and values. */
import { vmBalanceText } from '@drover/cli/words';
import { count, mibText } from './amounts.ts';
import type { Vm } from './types.ts';

interface Fact {
  readonly name: string;
  readonly value: string;
  readonly href?: string;
  readonly isCode?: boolean;
}

interface Size {
  readonly vcpus: number;
  readonly memoryMib: number;
}

function sizeText({ vcpus, memoryMib }: Size): string {
  return `${count(vcpus, 'vCPU')}, ${mibText(memoryMib)}`;
}

/** How far it can grow while it runs. */
function roomText({ vcpus, memoryMib, maxVcpus, maxMemoryMib }: Vm['spec']): string {
  if (maxVcpus === undefined && maxMemoryMib === undefined) return '';
  const most = { vcpus: maxVcpus ?? vcpus, memoryMib: maxMemoryMib ?? memoryMib };
  return `; can grow to ${sizeText(most)}`;
}

export function vmFacts(vm: Vm): readonly Fact[] {
  const { spec } = vm;
  const labels = Object.entries(spec.labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return [
    vm.hostId === undefined
      ? {
          name: 'Host',
          value: vm.nextHostId === undefined ? 'none' : `none; starts next on ${vm.nextHostId}`,
        }
      : { name: 'Host', value: vm.hostId, href: `/hosts/${vm.hostId}` },
    {
      name: 'Size',
      value: `${sizeText(spec)} of memory${roomText(spec)}`,
    },
    ...(vm.promised === undefined
      ? []
      : [
          {
            name: 'Size now',
            value: `${sizeText(vm.promised)}; the above at its next start`,
          },
        ]),
    ...(spec.arch === undefined && spec.machine === undefined
      ? []
      : [
          {
            name: 'Machine',
            value: [spec.arch, spec.machine].filter((part) => part !== undefined).join(', '),
          },
        ]),
    ...(vm.observed === undefined || vm.observed === vm.state
      ? []
      : [{ name: 'Its host says', value: vm.observed }]),
    { name: 'Wanted', value: vm.desired },
    ...(labels.length === 0 ? [] : [{ name: 'Labels', value: labels.join(', ') }]),
    { name: 'Balance', value: vmBalanceText(spec.balance) },
    {
      name: 'First boot',
      value: vm.cloudInit === undefined ? 'told nothing' : 'cloud-init tells it what to be',
    },
    { name: 'Id', value: vm.id, isCode: true },
  ];
}
