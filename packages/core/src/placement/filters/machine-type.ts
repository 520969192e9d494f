/** The board that the VM was started with, and the QEMU that can go on with it. */
import { type FilterInput, type No, originOf } from './filter.ts';

export function machineTypeMissing({ request, host }: FilterInput): No | undefined {
  const { machine } = request.shape;
  return machine === undefined || host.machineTypes.includes(machine)
    ? undefined
    : { required: machine, available: `${host.machineTypes.length} other machine types` };
}

/** QEMU migrates to an equal or newer version; the other way is not promised by anybody. */
export function qemuOlder(input: FilterInput): No | undefined {
  const origin = originOf(input);
  return origin === undefined || input.host.qemuVersion >= origin.qemuVersion
    ? undefined
    : { required: origin.qemuVersion, available: input.host.qemuVersion, unit: 'version' };
}
