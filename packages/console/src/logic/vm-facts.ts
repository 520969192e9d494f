/** What a VM is, as names and values. */
import { mibText } from './amounts.ts';
import type { Vm } from './types.ts';

interface Fact {
  readonly name: string;
  readonly value: string;
  readonly href?: string;
  readonly isCode?: boolean;
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
      value: `${spec.vcpus} vCPU${spec.vcpus === 1 ? '' : 's'}, ${mibText(spec.memoryMib)} of memory`,
    },
    ...(vm.promised === undefined
      ? []
      : [
          {
            name: 'Size now',
            value: `${vm.promised.vcpus} vCPU${vm.promised.vcpus === 1 ? '' : 's'}, ${mibText(vm.promised.memoryMib)}; the above at its next start`,
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
    {
      name: 'First boot',
      value: vm.cloudInit === undefined ? 'told nothing' : 'cloud-init tells it what to be',
    },
    { name: 'Id', value: vm.id, isCode: true },
  ];
}
