/**
 * The CPU that a domain's XML asks for.
 */
import type { XmlElement } from './element.ts';
import { given } from './given.ts';
import { attributeOf, bytesOf, optionalCountOf } from './parse.ts';

export interface CpuFeature {
  readonly name: string;
  /** `force`, `require`, `optional`, `disable` or `forbid`. */
  readonly policy: string;
}

export interface CpuTopology {
  readonly sockets: number;
  readonly dies: number;
  readonly cores: number;
  readonly threads: number;
}

/** A part of the VM's memory and its CPUs, as the VM's own system sees them. */
export interface DomainNumaCell {
  readonly id: number;
  /** Such as `0-3,8`; none if absent. */
  readonly cpus?: string;
  readonly memoryKib: number;
}

export function readNumaCell(cell: XmlElement, index: number): DomainNumaCell {
  // The attribute's unit is the element's, and is called so.
  const size = { ...cell, children: [attributeOf(cell, 'memory') ?? '0'] };
  return {
    id: optionalCountOf(attributeOf(cell, 'id'), 'NUMA cell') ?? index,
    ...given('cpus', attributeOf(cell, 'cpus')),
    memoryKib: bytesOf(size, 'KiB', 'memory of a NUMA cell') / 1024,
  };
}

export function readFeature(feature: XmlElement): CpuFeature {
  return {
    name: attributeOf(feature, 'name') ?? '',
    policy: attributeOf(feature, 'policy') ?? 'require',
  };
}

export function readTopology(topology: XmlElement | undefined): CpuTopology | undefined {
  if (topology === undefined) return undefined;
  const count = (name: string) => optionalCountOf(attributeOf(topology, name), `CPU ${name}`) ?? 1;
  return {
    sockets: count('sockets'),
    dies: count('dies'),
    cores: count('cores'),
    threads: count('threads'),
  };
}
