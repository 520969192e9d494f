/**
 * Rows that switch events on and off. The events themselves are in `events.ts`.
 */
import { i32, optional } from '../../xdr/codec.ts';
import { high } from '../procedure.ts';
import { domain, network, nodeDevice, secret, storagePool } from '../types.ts';

export const connectEventProcedures = {
  connectDomainEventCallbackRegisterAny: high(
    316,
    { eventId: i32, dom: optional(domain) },
    { callbackId: i32 },
  ),
  connectDomainEventCallbackDeregisterAny: high(317, { callbackId: i32 }, undefined),
  connectStoragePoolEventRegisterAny: high(
    368,
    { eventId: i32, pool: optional(storagePool) },
    { callbackId: i32 },
  ),
  connectStoragePoolEventDeregisterAny: high(369, { callbackId: i32 }, undefined),
  connectNetworkEventRegisterAny: high(
    313,
    { eventId: i32, net: optional(network) },
    { callbackId: i32 },
  ),
  connectNetworkEventDeregisterAny: high(314, { callbackId: i32 }, undefined),
  connectRegisterCloseCallback: high(360, undefined, undefined),
  connectUnregisterCloseCallback: high(361, undefined, undefined),
  connectNodeDeviceEventRegisterAny: high(
    374,
    { eventId: i32, dev: optional(nodeDevice) },
    { callbackId: i32 },
  ),
  connectNodeDeviceEventDeregisterAny: high(375, { callbackId: i32 }, undefined),
  connectSecretEventRegisterAny: high(
    380,
    { eventId: i32, secret: optional(secret) },
    { callbackId: i32 },
  ),
  connectSecretEventDeregisterAny: high(381, { callbackId: i32 }, undefined),
};
