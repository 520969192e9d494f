/**
 * Events about the host's devices.
 */
import { i32 } from '../../xdr/codec.ts';
import { nameOf } from '../states.ts';
import { nodeDevice } from '../types.ts';
import { nodeDeviceLifecycleTypes } from './names.ts';
import { rowsOf, same } from './row.ts';

const row = rowsOf('nodeDevice');

export const nodeDeviceEvents = {
  nodeDeviceLifecycle: row(0, 376, { device: nodeDevice, event: i32, detail: i32 }, (wire) => ({
    device: wire.device,
    type: nameOf(nodeDeviceLifecycleTypes, wire.event),
    typeCode: wire.event,
  })),
  nodeDeviceUpdate: row(1, 377, { device: nodeDevice }, same),
};
