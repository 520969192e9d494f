/**
 * Events about libvirt's networks.
 */
import { i32 } from '../../xdr/codec.ts';
import { nameOf } from '../states.ts';
import { network, optionalText } from '../types.ts';
import { metadataKinds, networkLifecycleTypes } from './names.ts';
import { rowsOf } from './row.ts';

const row = rowsOf('network');

export const networkEvents = {
  networkLifecycle: row(0, 315, { net: network, event: i32, detail: i32 }, (wire) => ({
    net: wire.net,
    type: nameOf(networkLifecycleTypes, wire.event),
    typeCode: wire.event,
  })),
  /** Since libvirt 9.7. */
  networkMetadataChange: row(1, 446, { net: network, type: i32, uri: optionalText }, (wire) => ({
    ...wire,
    type: nameOf(metadataKinds, wire.type),
    typeCode: wire.type,
  })),
};
