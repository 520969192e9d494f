/**
 * Names for the numbers in events other than a domain's lifecycle, in libvirt's order. A number from a newer
 * libvirt reads as `other`; the number itself stands beside the name.
 */

export const watchdogActions = [
  'none',
  'pause',
  'reset',
  'poweroff',
  'shutdown',
  'debug',
  'inject-nmi',
] as const;
export const graphicsPhases = ['connect', 'initialize', 'disconnect'] as const;
export const addressFamilies = ['ipv4', 'ipv6', 'unix'] as const;
export const blockJobTypes = [
  'unknown',
  'pull',
  'copy',
  'commit',
  'active-commit',
  'backup',
] as const;
export const blockJobStatuses = ['completed', 'failed', 'canceled', 'ready'] as const;
export const diskChangeReasons = ['changed-on-start', 'dropped-on-start'] as const;
export const trayChangeReasons = ['open', 'close'] as const;
export const agentStates = ['unknown', 'connected', 'disconnected'] as const;
export const agentReasons = ['unknown', 'domain-started', 'channel'] as const;
export const memoryFailureRecipients = ['hypervisor', 'guest'] as const;
export const memoryFailureActions = ['ignore', 'inject', 'fatal', 'reset'] as const;
export const metadataKinds = ['description', 'title', 'element'] as const;
export const networkLifecycleTypes = ['defined', 'undefined', 'started', 'stopped'] as const;
export const secretLifecycleTypes = ['defined', 'undefined'] as const;
export const nodeDeviceLifecycleTypes = ['created', 'deleted', 'defined', 'undefined'] as const;
export const closeReasons = ['error', 'end-of-file', 'keepalive', 'client'] as const;
