/**
 * Events about libvirt's secrets. None of them carries a value.
 */
import { i32 } from '../../xdr/codec.ts';
import { nameOf } from '../states.ts';
import { secret } from '../types.ts';
import { secretLifecycleTypes } from './names.ts';
import { rowsOf, same } from './row.ts';

const row = rowsOf('secret');

export const secretEvents = {
  secretLifecycle: row(0, 382, { secret, event: i32, detail: i32 }, (wire) => ({
    secret: wire.secret,
    type: nameOf(secretLifecycleTypes, wire.event),
    typeCode: wire.event,
  })),
  secretValueChanged: row(1, 383, { secret }, same),
};
