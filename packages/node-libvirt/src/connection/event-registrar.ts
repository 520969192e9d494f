/**
 * Which call switches an event on at the daemon, and which switches it off again.
 */
import type { EventRow } from '../protocol/events/row.ts';
import type { DomainRef } from '../protocol/types.ts';
import type { Caller } from './caller.ts';

/** Only the events of this domain, where the event is about domains. */
export interface EventFilter {
  readonly dom?: DomainRef;
}

/** The connection's own event has no id: there is one at a time. */
const noId = -1;

/** Resolves with the id that the event's messages will carry. */
export async function registerEvent(
  caller: Pick<Caller, 'call'>,
  { scope, eventId }: EventRow,
  { dom }: EventFilter,
): Promise<number> {
  const of = dom === undefined ? {} : { dom };
  switch (scope) {
    case 'domain': {
      const args = { eventId, ...of };
      return (await caller.call('connectDomainEventCallbackRegisterAny', args)).callbackId;
    }
    case 'storagePool':
      return (await caller.call('connectStoragePoolEventRegisterAny', { eventId })).callbackId;
    case 'network':
      return (await caller.call('connectNetworkEventRegisterAny', { eventId })).callbackId;
    case 'secret':
      return (await caller.call('connectSecretEventRegisterAny', { eventId })).callbackId;
    case 'nodeDevice':
      return (await caller.call('connectNodeDeviceEventRegisterAny', { eventId })).callbackId;
    case 'monitor': {
      const args = { flags: 0, ...of };
      return (await caller.call('qemuConnectDomainMonitorEventRegister', args)).callbackId;
    }
    case 'connection':
      await caller.call('connectRegisterCloseCallback');
      return noId;
  }
}

export async function deregisterEvent(
  caller: Pick<Caller, 'call'>,
  { scope }: EventRow,
  callbackId: number,
): Promise<void> {
  switch (scope) {
    case 'domain':
      await caller.call('connectDomainEventCallbackDeregisterAny', { callbackId });
      return;
    case 'storagePool':
      await caller.call('connectStoragePoolEventDeregisterAny', { callbackId });
      return;
    case 'network':
      await caller.call('connectNetworkEventDeregisterAny', { callbackId });
      return;
    case 'secret':
      await caller.call('connectSecretEventDeregisterAny', { callbackId });
      return;
    case 'nodeDevice':
      await caller.call('connectNodeDeviceEventDeregisterAny', { callbackId });
      return;
    case 'monitor':
      await caller.call('qemuConnectDomainMonitorEventDeregister', { callbackId });
      return;
    case 'connection':
      await caller.call('connectUnregisterCloseCallback');
  }
}
