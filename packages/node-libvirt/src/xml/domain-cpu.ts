/**
 * The CPU that a domain's XML asks for.
 */
import type { XmlElement } from './element.ts';
import { attributeOf, optionalCountOf } from './parse.ts';

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
