/** Another name for a VM that is off: libvirt cannot rename one that runs. */
import {
  DroverError,
  keys,
  parseValue,
  type RecordMirror,
  Uuid,
  type VmIntentRecord,
} from '@drover/protocol';
import { refuseWhenBusy } from './decide-vm.ts';
import { refuseField } from './storage-checks.ts';
import { findVm } from './vms.ts';
import { dropRecord, putRecord, type Write } from './write.ts';

/** Its disks, its addresses and its id stay; so does what it calls itself inside, as cloud-init told it. */
export function renameVm(records: RecordMirror, idOrName: string, name: string): Write {
  const vm = findVm(records, idOrName);
  const { id: vmId, name: former, spec } = vm.value;
  refuseNewName(records, name);
  refuseWhenBusy(records, vm.value);
  const assignment = records.assignments.get(vmId);
  const { hostId, state } = assignment?.value ?? {};
  if (hostId !== undefined) {
    throw new DroverError(
      'vm-running',
      `${former} is ${state} on ${hostId}, and libvirt renames none that runs; stop it first`,
    );
  }
  const { cloudInit } = spec;
  const kept =
    cloudInit === undefined
      ? spec
      : { ...spec, cloudInit: { ...cloudInit, hostname: cloudInit.hostname ?? former } };
  const intent: VmIntentRecord = { ...vm.value, name, spec: kept };
  const known = records.vmNames.get(former);
  return {
    puts: [
      putRecord(keys.vmIntent(vmId), intent, vm),
      putRecord(keys.vmName(name), { v: 1, vmId }, undefined),
      ...(known === undefined ? [] : [dropRecord(keys.vmName(former), known)]),
    ],
    compares: [{ key: keys.assignment(vmId), modRevision: assignment?.modRevision ?? 0 }],
  };
}

export function refuseNewName(records: RecordMirror, name: string): void {
  if (parseValue(Uuid, name).ok) refuseField('/name', 'must not look like the id of a VM');
  if (!records.vmNames.has(name)) return;
  throw new DroverError('name-taken', `there is a VM ${name} already; take another name`);
}
