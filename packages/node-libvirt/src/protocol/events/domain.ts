/**
 * Events about domains. Each carries its domain as `dom`, a handle as of the moment of the event: by the
 * time it is heard the domain may be gone.
 */
import { readJobCompleted } from '../../params/job-stats.ts';
import { array, i32, i64, struct, u32, u64 } from '../../xdr/codec.ts';
import { paramsRecord, typedParams } from '../../xdr/typed-params.ts';
import { ioErrorActions, lifecycleNames, nameOf } from '../states.ts';
import { domain, listMax, optionalText, text } from '../types.ts';
import {
  addressFamilies,
  agentReasons,
  agentStates,
  blockJobStatuses,
  blockJobTypes,
  diskChangeReasons,
  graphicsPhases,
  memoryFailureActions,
  memoryFailureRecipients,
  metadataKinds,
  trayChangeReasons,
  watchdogActions,
} from './names.ts';
import { rowsOf, same } from './row.ts';

const row = rowsOf('domain');
const dom = domain;

const graphicsAddress = struct({ family: i32, host: text, service: text });
type GraphicsAddress = { readonly family: number; readonly host: string; readonly service: string };

const namedAddress = ({ family, ...address }: GraphicsAddress) => ({
  ...address,
  family: nameOf(addressFamilies, family),
});

const blockJob = (wire: {
  readonly dom: { readonly name: string; readonly uuid: string; readonly id: number };
  readonly disk: string;
  readonly type: number;
  readonly status: number;
}) => ({
  dom: wire.dom,
  disk: wire.disk,
  type: nameOf(blockJobTypes, wire.type),
  typeCode: wire.type,
  status: nameOf(blockJobStatuses, wire.status),
  statusCode: wire.status,
});

export const domainEvents = {
  /** It was defined, started, suspended, resumed, stopped, …, and why. */
  lifecycle: row(0, 318, { dom, event: i32, detail: i32 }, (wire) => ({
    dom: wire.dom,
    ...lifecycleNames(wire.event, wire.detail),
    typeCode: wire.event,
    detailCode: wire.detail,
  })),
  /** Its own system, or its reset button, has restarted it. */
  reboot: row(1, 319, { dom }, same),
  /** Its clock was set; `offset` in seconds from UTC or from where it was. */
  rtcChange: row(2, 320, { dom, offset: i64 }, same),
  /** Its watchdog has gone off, and what QEMU does about it. */
  watchdog: row(3, 321, { dom, action: i32 }, (wire) => ({
    dom: wire.dom,
    action: nameOf(watchdogActions, wire.action),
    actionCode: wire.action,
  })),
  /** A disk failed. `ioErrorReason` tells the same and why. */
  ioError: row(4, 322, { dom, path: text, device: text, action: i32 }, (wire) => ({
    ...wire,
    action: nameOf(ioErrorActions, wire.action),
    actionCode: wire.action,
  })),
  /** Somebody connects to or leaves its screen. */
  graphics: row(
    5,
    323,
    {
      dom,
      phase: i32,
      local: graphicsAddress,
      remote: graphicsAddress,
      authScheme: text,
      subject: array(struct({ type: text, name: text }), listMax.graphicsIdentities),
    },
    (wire) => ({
      ...wire,
      phase: nameOf(graphicsPhases, wire.phase),
      phaseCode: wire.phase,
      local: namedAddress(wire.local),
      remote: namedAddress(wire.remote),
    }),
  ),
  /** A disk failed, with the reason where QEMU tells one: `enospc`, `eio`, or nothing. */
  ioErrorReason: row(
    6,
    324,
    { dom, path: text, device: text, action: i32, reason: text },
    (wire) => ({ ...wire, action: nameOf(ioErrorActions, wire.action), actionCode: wire.action }),
  ),
  /** libvirt has lost its monitor: it can be looked at and destroyed, and no more. */
  controlError: row(7, 325, { dom }, same),
  /** A block job ended or became ready; `disk` is the path of its image. `blockJob` has its target. */
  blockJobByPath: row(8, 326, { dom, disk: text, type: i32, status: i32 }, blockJob),
  /** The medium of a drive is another, or was left out because it is missing. */
  diskChange: row(
    9,
    327,
    { dom, oldPath: optionalText, newPath: optionalText, device: text, reason: i32 },
    (wire) => ({
      ...wire,
      reason: nameOf(diskChangeReasons, wire.reason),
      reasonCode: wire.reason,
    }),
  ),
  /** The tray of a drive was opened or closed from inside. */
  trayChange: row(10, 328, { dom, device: text, reason: i32 }, (wire) => ({
    dom: wire.dom,
    device: wire.device,
    reason: nameOf(trayChangeReasons, wire.reason),
    reasonCode: wire.reason,
  })),
  /** It woke from its own sleep. */
  pmWakeup: row(11, 329, { reason: i32, dom }, same),
  /** It has put itself to sleep, its memory kept powered. */
  pmSuspend: row(12, 330, { reason: i32, dom }, same),
  /** Its balloon has a new size, in KiB. */
  balloonChange: row(13, 331, { dom, actual: u64 }, ({ dom: of, actual }) => ({
    dom: of,
    actualKib: Number(actual),
  })),
  /** It has put itself to sleep on its own disk. */
  pmSuspendDisk: row(14, 332, { reason: i32, dom }, same),
  /** A device is gone for good; `device` is its alias. */
  deviceRemoved: row(15, 333, { dom, device: text }, same),
  /** A block job ended or became ready; `disk` is the target, such as `vda`. */
  blockJob: row(16, 339, { dom, disk: text, type: i32, status: i32 }, blockJob),
  /** Something that can be tuned has other values now, by libvirt's own names. */
  tunable: row(17, 346, { dom, params: typedParams(listMax.tunableEvent) }, (wire) => ({
    dom: wire.dom,
    params: paramsRecord(wire.params),
  })),
  /** Its guest agent has come or gone. */
  agentLifecycle: row(18, 348, { dom, state: i32, reason: i32 }, (wire) => ({
    dom: wire.dom,
    state: nameOf(agentStates, wire.state),
    stateCode: wire.state,
    reason: nameOf(agentReasons, wire.reason),
    reasonCode: wire.reason,
  })),
  /** A device was added; `device` is its alias. */
  deviceAdded: row(19, 354, { dom, device: text }, same),
  /** A migration has sent all memory once more; `iteration` counts from 1. */
  migrationIteration: row(20, 359, { dom, iteration: i32 }, same),
  /** A job has ended, with its statistics. */
  jobCompleted: row(21, 363, { dom, params: typedParams(listMax.jobStats) }, (wire) => ({
    dom: wire.dom,
    stats: readJobCompleted(wire.params),
  })),
  /** The VM's system did not let go of a device. */
  deviceRemovalFailed: row(22, 367, { dom, device: text }, same),
  /** Title, description or somebody's element was changed; of an element its namespace is told. */
  metadataChange: row(23, 379, { dom, type: i32, uri: optionalText }, (wire) => ({
    ...wire,
    type: nameOf(metadataKinds, wire.type),
    typeCode: wire.type,
  })),
  /** A disk's image has grown over its threshold by `excess` bytes. */
  blockThreshold: row(
    24,
    385,
    { dom, device: text, path: optionalText, threshold: u64, excess: u64 },
    ({ threshold, excess, ...rest }) => ({
      ...rest,
      thresholdBytes: Number(threshold),
      excessBytes: Number(excess),
    }),
  ),
  /** Memory of the host is broken, and whether the VM can live with it. */
  memoryFailure: row(25, 423, { dom, recipient: i32, action: i32, flags: u32 }, (wire) => ({
    dom: wire.dom,
    recipient: nameOf(memoryFailureRecipients, wire.recipient),
    recipientCode: wire.recipient,
    action: nameOf(memoryFailureActions, wire.action),
    actionCode: wire.action,
    /** The VM has to act. */
    actionRequired: (wire.flags & 1) !== 0,
    /** It happened while an earlier one was dealt with. */
    recursive: (wire.flags & 2) !== 0,
  })),
  /** A memory device has a new size. */
  memoryDeviceSizeChange: row(26, 438, { dom, device: text, size: u64 }, (wire) => ({
    dom: wire.dom,
    device: wire.device,
    sizeBytes: Number(wire.size),
  })),
};
