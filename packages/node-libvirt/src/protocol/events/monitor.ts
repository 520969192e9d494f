/**
 * Events of QEMU's own monitor, as QEMU names them. libvirt calls them unsupported, for good reason.
 */
import { i64, u32 } from '../../xdr/codec.ts';
import { domain, optionalText, text } from '../types.ts';
import { rowsOf } from './row.ts';

const row = rowsOf('monitor', 'qemu');

export const monitorEvents = {
  monitorEvent: row(
    0,
    6,
    { dom: domain, event: text, seconds: i64, micros: u32, details: optionalText },
    ({ dom, event, seconds, micros, details }) => ({
      dom,
      /** Such as `RTC_CHANGE`. */
      event,
      /** QEMU's clock, since 1970. */
      atMs: Number(seconds) * 1000 + micros / 1000,
      /** Its data as JSON text. */
      details,
    }),
  ),
};
