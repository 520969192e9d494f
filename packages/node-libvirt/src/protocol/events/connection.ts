/**
 * Events about what the daemon itself is connected to: behind a modular daemon, the daemons that it asks.
 */
import { i32 } from '../../xdr/codec.ts';
import { nameOf } from '../states.ts';
import { closeReasons } from './names.ts';
import { rowsOf } from './row.ts';

const row = rowsOf('connection');

export const connectionEvents = {
  /** The daemon has lost the driver that was opened on this connection; open a new one. */
  driverClosed: row(0, 362, { reason: i32 }, (wire) => ({
    reason: nameOf(closeReasons, wire.reason),
    reasonCode: wire.reason,
  })),
};
