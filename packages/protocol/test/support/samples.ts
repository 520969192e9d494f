/** One valid value of everything that crosses a wire, with as many of its optional fields as can be. */
import type { TSchema } from 'typebox';
import * as protocol from '../../src/index.ts';
import { balanceInputs } from './balance-samples.ts';
import { facts, incoming } from './facts-samples.ts';
import { accessInputs } from './access-samples.ts';
import { orphanInputs, orphanOutputs, poolDoctor, poolEntry } from './pool-samples.ts';
import { ruleInputs, ruleOutputs } from './rule-samples.ts';
import {
  imageBody,
  storageInputs,
  storageOutputs,
  storageProgress,
  stored,
  volumeBody,
} from './storage-samples.ts';
import { questionInputs } from './question-samples.ts';

export interface Sample {
  readonly name: string;
  readonly schema: TSchema;
  readonly value: unknown;
}

export const vmId = '6f1c2a52-7d6e-4a8f-9d63-0d3f1f2a9b01';
export const operationId = '01JD-op-1';
const conditions = [{ type: 'idle', status: 'true', reason: 'idle', message: 'x', sinceMs: 7 }];
const mac = '52:54:00:12:34:56';
const labels = { 'rack.example/name': 'r1', zone: '' };
const nfs = { type: 'nfs', server: 'nfs1', export: '/srv/vms', version: '4.2', path: '/mnt/vms' };
const pool = { name: 'vms', spec: nfs };
const disk = { pool, file: 'web1-0.qcow2', format: 'qcow2', cloneOf: 'debian-13.qcow2' };
const tunnel = { host: 'fd00::2', port: 49152, secret: 'a'.repeat(64) };
const lacks = { required: 4096, available: '1 GiB', unit: 'MiB' };
const rejections = [{ hostId: 'h2', reason: 'memory', ...lacks }];
const policy = {
  bandwidthMibps: 100,
  streams: 2,
  downtimeLadderMs: [200, 500],
  throttle: { startPercent: 10, stepPercent: 10, atMostPercent: 70 },
  stallSeconds: 15,
  timeoutFactor: 10,
  timeoutAtLeastSeconds: 300,
  whenStuck: 'give-up',
  restMinutes: 30,
};
const wish = { preset: 'gentle', ...policy };
const timeline = {
  setupMs: 20,
  elapsedMs: 9_000,
  downtimeMs: 40,
  totalBytes: 512_000_000,
  transferredBytes: 1_000_000,
  bytesPerSecond: 100_000,
  throttlePercent: 20,
  roundCount: 2,
  rounds: [{ round: 1, atMs: 20, remainingBytes: 5_000, transferredBytes: 0, throttlePercent: 0 }],
  interventions: [{ atMs: 8_000, type: 'set-downtime', downtimeMs: 500, why: 'stuck' }],
};
const reasons = [
  {
    code: 'path-missing',
    hostId: 'h2',
    subject: '/iso/a.iso',
    required: 'cdrom',
    available: 0,
    unit: 'MiB',
    message: 'h2: it lacks /iso/a.iso',
    remedy: 'eject it',
  },
];
const error = { code: 'preflight-failed', message: 'it cannot move', rejections, reasons };
const usage = {
  cpuMilli: 1500,
  memoryMib: 2048,
  cpuPressurePermille: 12,
  memoryPressurePermille: 0,
};

const sshKey = `ssh-ed25519 ${'A'.repeat(64)}== anna@desk`;
const cloudInit = {
  by: 'iso',
  userData: '#cloud-config\n',
  networkConfig: 'version: 2\n',
  sshKeys: [sshKey],
  hostname: 'web1.example',
};
const { by: _by, ...told } = cloudInit;
const seed = { ...told, pool, hash: '0123456789ab' };
const seedSummary = {
  by: 'iso',
  hash: '0123456789ab',
  userDataBytes: 14,
  hostname: 'web1',
  sshKeyCount: 1,
  hasNetworkConfig: true,
};

export const vmSpec = {
  vcpus: 2,
  memoryMib: 512,
  arch: 'x86_64',
  machine: 'pc-q35-10.0',
  disks: [
    { pool: 'vms', image: 'debian-13@2', format: 'qcow2', sizeMib: 10_240 },
    { pool: 'vms', volume: 'data.raw', format: 'raw' },
  ],
  networks: [{ bridge: 'br0', mac }],
  labels,
  migration: wish,
  balance: 'never',
  cloudInit,
};

const command = (kind: string, body: object) => ({
  name: `the command ${kind}`,
  schema: protocol.AgentCommand,
  value: {
    v: 1,
    opId: operationId,
    step: 2,
    epoch: '9223372036854775807',
    hostId: 'h1',
    incarnation: 'boot-7',
    freshness: 'nonce-9',
    vmId,
    generation: 3,
    body: { kind, ...body },
  },
});

const request = (type: string, body: object) => ({
  name: `the request ${type}`,
  schema: protocol.RequestRecord,
  value: {
    v: 1,
    id: operationId,
    by: 'anna',
    createdAtMs: 1_700_000_000_000,
    cancelled: { by: 'anna', atMs: 1_700_000_000_001 },
    type,
    ...body,
  },
});

const reportedVm = {
  vmId,
  name: 'web1',
  state: 'running',
  migrating: false,
  generation: 3,
  memoryMib: 512,
  vcpus: 2,
  cpuMilliUsed: 100,
  touchedMib: 300,
  dirtyKibPerSecond: 1_024,
  writtenSetMib: 20,
};
const stepResult = {
  opId: operationId,
  step: 1,
  outcome: 'done',
  vmId,
  error: { code: 'pool-unavailable', message: 'pool vms: not mounted' },
  tunnel,
  downtimeMs: 40,
  transferredBytes: 1_000_000,
  timeline,
  answer: { kind: 'check-incoming', incoming },
};
const process = { bootId: 'b1', incarnation: 'i1', nonce: 'n1', maxEpoch: '17' };
const progress = {
  elapsedMs: 1000,
  totalBytes: 512,
  remainingBytes: 256,
  transferredBytes: 256,
  dirtyRateBytesPerSecond: 10,
  iteration: 1,
  percent: 50,
};
const operation = {
  id: operationId,
  type: 'migrate',
  state: 'failed',
  step: 'resolve',
  stepIndex: 3,
  vmId,
  vmName: 'web1',
  hostId: 'h1',
  source: 'h1',
  target: 'h2',
  mode: 'live',
  parentId: 'drain-1',
  file: poolEntry.file,
  judged: poolEntry,
  rule: 'db-apart',
  along: [vmId],
  generation: 3,
  reason: 'drain of h1',
  items: [
    {
      vmId,
      vmName: 'web1',
      target: 'h2',
      state: 'moved',
      attempts: 1,
      operationId,
      reason: 'the plan said h3',
      remedy: 'none',
    },
  ],
  by: 'anna',
  createdAtMs: 1,
  startedAtMs: 2,
  endedAtMs: 3,
  downtimeMs: 40,
  transferredBytes: 1024,
  migration: {
    policy,
    from: { streams: 'preset balanced', bandwidthMibps: 'the VM' },
    timeoutMs: 600_000,
    forecast: {
      elapsedMs: 12_500,
      downtimeMs: 250,
      transferredMib: 1_300,
      rounds: 4,
      converges: true,
      throttlePercent: 20,
    },
  },
  timeline,
};

/** What is read from the wire or from etcd, or sent by people. */
export const inputs: readonly Sample[] = [
  {
    name: 'host intent',
    schema: protocol.HostIntentRecord,
    value: {
      v: 1,
      id: 'h1',
      cordoned: true,
      cordonedByDrain: operationId,
      labels,
      by: 'anna',
      atMs: 1,
    },
  },
  {
    name: 'vm intent',
    schema: protocol.VmIntentRecord,
    value: {
      v: 1,
      id: vmId,
      name: 'web1',
      spec: vmSpec,
      desired: 'running',
      seedHash: '0123456789ab',
      hasSeedFile: true,
      by: 'anna',
      createdAtMs: 1,
    },
  },
  ...accessInputs,
  { name: 'vm name', schema: protocol.VmNameRecord, value: { v: 1, vmId } },
  {
    name: 'pool record',
    schema: protocol.PoolRecord,
    value: { v: 1, name: 'vms', uuid: vmId, spec: nfs, by: 'anna', createdAtMs: 1 },
  },
  {
    name: 'shared pool',
    schema: protocol.Pool,
    value: { name: 'vms', spec: { type: 'shared', path: '/srv/vms' } },
  },
  {
    name: 'pool record with limits',
    schema: protocol.PoolRecord,
    value: {
      v: 1,
      name: 'vms',
      uuid: vmId,
      spec: { ...nfs, options: ['nconnect=4', 'noatime'] },
      by: 'anna',
      createdAtMs: 1,
      thinLimitPercent: 200,
      alarmPercent: 90,
    },
  },
  {
    name: 'local pool',
    schema: protocol.Pool,
    value: { name: 'scratch', spec: { type: 'local', path: '/srv/scratch' } },
  },
  {
    name: 'pool state',
    schema: protocol.PoolStateRecord,
    value: {
      v: 1,
      name: 'vms',
      uuid: vmId,
      marked: { hostId: 'h1', atMs: 1 },
      alarms: [{ code: 'nearly-full', message: '90 % is in use' }],
      doctor: poolDoctor,
    },
  },
  request('pool-doctor', { pool: 'vms' }),
  ...orphanInputs,
  request('enforce', { rule: 'db-apart', plan: [{ vmId, target: 'h2' }] }),
  ...ruleInputs,
  {
    name: 'nfs-direct pool',
    schema: protocol.Pool,
    value: { name: 'iso', spec: { type: 'nfs-direct', server: '10.0.0.1', export: '/srv/iso' } },
  },
  request('start', { vmId }),
  request('stop', { vmId, mode: 'graceful' }),
  request('delete', { vmId }),
  request('reboot', { vmId, mode: 'graceful' }),
  request('pause', { vmId }),
  request('unpause', { vmId }),
  request('resize', { vmId, vcpus: 4, memoryMib: 2048, atNextStart: true }),
  request('migrate', { vmId, target: 'h2', cold: true }),
  request('migrate', {
    vmId,
    target: 'h2',
    recommendation: { id: '0123456789', source: 'h1', reason: 'h1 is asked for more' },
  }),
  request('forget-host', { hostId: 'h1' }),
  request('restore', { hostId: 'h1', plan: [{ vmId, target: 'h1' }], parallel: 2 }),
  request('cpu-baseline', {}),
  ...storageInputs,
  {
    name: 'CPU of the cluster',
    schema: protocol.CpuBaselineRecord,
    value: {
      v: 1,
      cpus: [{ arch: 'x86_64', accelerator: 'kvm', cpu: '<cpu/>', model: 'EPYC', hosts: ['h1'] }],
      operationId,
      by: 'anna',
      atMs: 1,
    },
  },
  request('start', { vmId, discardSaved: true }),
  request('save', { vmId, pool: 'vms' }),
  request('drain', { hostId: 'h1', plan: [{ vmId, target: 'h2' }], parallel: 2 }),
  ...balanceInputs,
  ...questionInputs,
  {
    name: 'host record',
    schema: protocol.HostRecord,
    value: { v: 1, id: 'h1', hostUuid: vmId, firstSeenMs: 1 },
  },
  {
    name: 'assignment',
    schema: protocol.AssignmentRecord,
    value: {
      v: 1,
      vmId,
      hostId: 'h1',
      generation: 3,
      operationId,
      state: 'running',
      movedAtMs: 5,
      home: 'h2',
    },
  },
  {
    name: 'assignment of a saved VM',
    schema: protocol.AssignmentRecord,
    value: {
      v: 1,
      vmId,
      generation: 3,
      state: 'saved',
      saved: {
        pool: 'vms',
        file: `${vmId}-r1.memory`,
        facts: { storedBytes: 1, changedMs: 2, inode: 3 },
        allocatedBytes: 4,
        operationId,
        hostId: 'h1',
        accelerator: 'kvm',
        qemuVersion: 10_000_000,
        atMs: 1,
        problem: 'the file is gone',
      },
    },
  },
  {
    name: 'operation record',
    schema: protocol.OperationRecord,
    value: { v: 1, epoch: '17', error, ...operation },
  },
  {
    name: 'last commit',
    schema: protocol.LastCommitRecord,
    value: { v: 1, epoch: '17', commitId: 'c1' },
  },
  command('sync', {}),
  command('ensure-pool', { pool, uuid: vmId }),
  command('save-vm', { pool, roomBytes: 1024 }),
  command('resume-saved', {
    memory: { pool, file: `${vmId}-r1.memory` },
    facts: { storedBytes: 1, changedMs: 2, inode: 3 },
    disks: [disk],
    again: true,
  }),
  command('mark-pool', { pool, uuid: vmId }),
  command('forget-pool', { name: 'vms', uuid: vmId }),
  command('probe-pool', { pool, uuid: vmId, probe: { act: 'try', file: 'a.raw' } }),
  command('open-console', { consoleId: vmId, consoleType: 'serial', takes: true }),
  command('start-vm', {
    vm: {
      name: 'web1',
      vcpus: 2,
      memoryMib: 512,
      arch: 'aarch64',
      machine: 'virt-10.0',
      disks: [disk],
      networks: [{ bridge: 'br0', mac }],
      seed,
      formerSeeds: pool,
      credentials: { hostname: 'web1', sshKeys: [sshKey] },
    },
  }),
  command('stop-vm', { mode: 'force', timeoutMs: 0 }),
  command('reboot-vm', { mode: 'graceful', timeoutMs: 0 }),
  command('pause-vm', {}),
  command('unpause-vm', {}),
  command('resize-vm', { vcpus: 4, memoryMib: 2048, timeoutMs: 30_000 }),
  command('prepare-incoming', {
    source: 'h1',
    vmName: 'web1',
    mode: 'live',
    memoryPath: 'tunnel',
    may: ['post-copy'],
    expiresInMs: 720_000,
  }),
  command('migrate-out', {
    target: 'h2',
    tunnel,
    migrationAddress: '10.0.0.2',
    mode: 'paused',
    memoryPath: 'tls',
    policy,
    timeoutMs: 60_000,
  }),
  command('abort-migration', {}),
  command('resume-vm', {}),
  command('destroy-leftover', {}),
  command('delete-seeds', { pools: [pool] }),
  command('inspect-vm', {}),
  command('check-incoming', { facts }),
  command('read-cpu', {}),
  command('baseline-cpu', { arch: 'x86_64', virtType: 'kvm', cpus: ['<cpu/>'] }),
  command('check-cpu', { arch: 'x86_64', virtType: 'qemu', cpu: '<cpu/>' }),
  {
    name: 'heartbeat',
    schema: protocol.Heartbeat,
    value: {
      v: 1,
      ...process,
      seq: 7,
      state: 'degraded',
      reasons: ['libvirt-unreachable'],
      vmDigest: 'd1',
      usage,
      vms: [{ vmId, cpuMilli: 900, cpuWaitMilli: 100, memoryMib: 512 }],
    },
  },
  {
    name: 'inventory',
    schema: protocol.Inventory,
    value: {
      v: 1,
      ...process,
      hostUuid: vmId,
      arch: 'x86_64',
      accelerator: 'tcg',
      acceleratorReason: 'no vmx or svm in /proc/cpuinfo',
      capacity: { cpuMilli: 8000, memoryMib: 16384 },
      reserved: { cpuMilli: 500, memoryMib: 1024 },
      cpuModel: 'EPYC',
      machineTypes: ['q35'],
      qemuVersion: 10_000_000,
      libvirtVersion: 11_003_000,
      numaCells: [{ id: 0, cpuCount: 8, memoryMib: 16384 }],
      labels,
      bridges: ['br0'],
      pools: [
        { name: 'vms', state: 'active', capacityMib: 1000, freeMib: 500 },
        {
          name: 'scratch',
          state: 'error',
          condition: 'wrong-mount',
          reason: 'it is a mount of nas:/other',
          capacityMib: 0,
          freeMib: 0,
          uuid: vmId,
          ours: true,
          mount: {
            at: '/srv',
            source: 'nas:/other',
            type: 'nfs4',
            readOnly: false,
            guard: 'image-lock',
            version: '4.2',
          },
          mark: 'missing',
          inodes: { total: 10, free: 5 },
        },
      ],
      migrationAddress: '10.0.0.1',
      usage,
      vms: [reportedVm],
      recent: [stepResult],
      answers: { opId: 'sync-17', step: 3 },
    },
  },
  {
    name: 'result',
    schema: protocol.ResultMessage,
    value: { v: 1, incarnation: 'i1', result: stepResult },
  },
  {
    name: 'migration progress',
    schema: protocol.MigrationProgress,
    value: { v: 1, opId: operationId, vmId, ...progress },
  },
  {
    name: 'query place',
    schema: protocol.Query,
    value: { type: 'place', spec: vmSpec, count: 3, only: 'h1' },
  },
  { name: 'query explain', schema: protocol.Query, value: { type: 'explain', vmId } },
  {
    name: 'query plan-drain',
    schema: protocol.Query,
    value: { type: 'plan-drain', hostId: 'h1', parallel: 2, migration: { preset: 'gentle' } },
  },
  { name: 'VmChange', schema: protocol.api.VmChange, value: { cloudInit, labels } },
  {
    name: 'VmCreate',
    schema: protocol.api.VmCreate,
    value: { name: 'web1', spec: vmSpec, start: true },
  },
  { name: 'VmStart', schema: protocol.api.VmStart, value: { discardSaved: true } },
  { name: 'VmSave', schema: protocol.api.VmSave, value: { pool: 'vms' } },
  { name: 'VmReboot', schema: protocol.api.VmReboot, value: { mode: 'force' } },
  { name: 'VmRename', schema: protocol.api.VmRename, value: { name: 'web2' } },
  { name: 'VmClone', schema: protocol.api.VmClone, value: { name: 'web2', start: true } },
  { name: 'VmStop', schema: protocol.api.VmStop, value: { mode: 'force' } },
  { name: 'VmMigrate', schema: protocol.api.VmMigrate, value: { target: 'h2' } },
  {
    name: 'DrainStart',
    schema: protocol.api.DrainStart,
    value: { plan: [{ vmId, target: 'h2' }], parallel: 8 },
  },
  {
    name: 'RecoveryStart',
    schema: protocol.api.RecoveryStart,
    value: { confirm: 'h1', despiteMassLoss: true },
  },
  {
    name: 'PlacementAsk',
    schema: protocol.api.PlacementAsk,
    value: { spec: vmSpec, count: 100, only: 'h1' },
  },
  { name: 'PoolCreate', schema: protocol.api.PoolCreate, value: pool },
  { name: 'PoolChange', schema: protocol.api.PoolChange, value: { alarmPercent: 90 } },
];

const vm = {
  id: vmId,
  name: 'web1',
  state: 'running',
  desired: 'running',
  conditions,
  hostId: 'h1',
  generation: 3,
  operationId,
  observed: 'running',
  macs: [mac],
  cloudInit: seedSummary,
  spec: vmSpec,
  createdAtMs: 1,
  by: 'anna',
};
const operationBody = {
  ...operation,
  done: true,
  cancellable: false,
  error,
  progress,
  subject: 'debian-13@2',
  imageId: vmId,
  volumeId: `${vmId}-0`,
  pool: 'vms',
  stored,
  sourceSha256: 'b'.repeat(64),
  storage: { ...storageProgress, bytesPerSecond: 100, etaMs: 1000 },
};

/** What the API answers. */
export const outputs: readonly Sample[] = [
  ...orphanOutputs,
  {
    name: 'Problem',
    schema: protocol.api.Problem,
    value: {
      type: 'urn:drover:error:no-host-fits',
      code: 'no-host-fits',
      title: 'No host can take the VM',
      status: 409,
      detail: 'h2 lacks memory',
      errors: [{ path: '/spec', message: 'is missing' }],
      rejections,
      retry: 'later',
    },
  },
  {
    name: 'Host',
    schema: protocol.api.HostBody,
    value: {
      id: 'h1',
      state: 'drained',
      schedulable: false,
      reasons: ['cordoned'],
      conditions,
      arch: 'x86_64',
      accelerator: 'kvm',
      acceleratorReason: '/dev/kvm',
      cpuModel: 'EPYC',
      qemuVersion: '10.0.0',
      libvirtVersion: '11.3.0',
      machineTypes: ['q35'],
      capacity: { cpuMilli: 8000, memoryMib: 16384 },
      reserved: { cpuMilli: 500, memoryMib: 1024 },
      allocatable: { cpuMilli: 7500, memoryMib: 15360 },
      promised: { cpuMilli: 0, memoryMib: 0 },
      usage,
      numaCells: [{ id: 0, cpuCount: 8, memoryMib: 16384 }],
      labels,
      bridges: ['br0'],
      pools: [{ name: 'vms', state: 'active', capacityMib: 1000, freeMib: 500 }],
      vmCount: 0,
      foreignVmCount: 1,
      reportAgeMs: 900,
    },
  },
  { name: 'Vm', schema: protocol.api.VmBody, value: vm },
  { name: 'Operation', schema: protocol.api.OperationBody, value: operationBody },
  {
    name: 'VmCloned',
    schema: protocol.api.VmCloned,
    value: { vm, operations: [operationBody] },
  },
  {
    name: 'VmActionPlan',
    schema: protocol.api.VmActionPlan,
    value: { vmId, vmName: 'web1', hostId: 'h1', what: 'it stands still' },
  },
  {
    name: 'VmCreated',
    schema: protocol.api.VmCreated,
    value: { vm, operation: operationBody },
  },
  {
    name: 'DrainPlan',
    schema: protocol.api.DrainPlanBody,
    value: {
      hostId: 'h1',
      revision: 4,
      moves: [
        {
          vmId,
          vmName: 'web1',
          source: 'h1',
          target: 'h2',
          mode: 'live',
          memoryMib: 512,
          reason: 'drain',
          checked: true,
        },
      ],
      waves: [[0]],
      blockers: [
        { vmId, vmName: 'db1', reason: 'memory', rejections, reasons, remedy: 'add a host' },
      ],
      estimatedSeconds: 60,
      bent: ['db-apart'],
    },
  },
  ...ruleOutputs,
  {
    name: 'MovePlan',
    schema: protocol.api.MovePlanBody,
    value: {
      vmId,
      vmName: 'web1',
      source: 'h1',
      target: 'h2',
      mode: 'paused',
      modeReason: 'no lock guards vda',
      forecast: {
        elapsedMs: 12_500,
        downtimeMs: 250,
        transferredMib: 1_300,
        rounds: 4,
        converges: true,
        throttlePercent: 20,
      },
      reasons,
      rejections,
      checked: true,
    },
  },
  {
    name: 'ClusterCpu',
    schema: protocol.api.ClusterCpuBody,
    value: {
      cpus: [{ arch: 'x86_64', accelerator: 'kvm', cpu: '<cpu/>', model: 'EPYC', hosts: ['h1'] }],
      by: 'anna',
      atMs: 1,
      operationId,
      lacking: ['h2'],
    },
  },
  {
    name: 'Placement',
    schema: protocol.api.PlacementBody,
    value: {
      type: 'placed',
      hostId: 'h1',
      candidates: [
        {
          hostId: 'h1',
          score: -3,
          terms: [{ name: 'memory', weight: 2, value: 5, points: 10 }],
        },
      ],
      rejections,
      sentences: ['h1 has the most room'],
    },
  },
  {
    name: 'Migration',
    schema: protocol.api.MigrationBody,
    value: {
      operationId,
      vmId,
      vmName: 'web1',
      source: 'h1',
      target: 'h2',
      step: 'perform',
      progress,
    },
  },
  ...storageOutputs,
  {
    name: 'ImageImported',
    schema: protocol.api.ImageImported,
    value: { image: imageBody, operation: operationBody },
  },
  {
    name: 'VolumeCreated',
    schema: protocol.api.VolumeCreated,
    value: { volume: volumeBody, operation: operationBody },
  },
  {
    name: 'Pool',
    schema: protocol.api.PoolBody,
    value: {
      ...pool,
      uuid: vmId,
      createdAtMs: 1,
      thinLimitPercent: 400,
      alarmPercent: 85,
      conditions,
      status: {
        capacityMib: 1000,
        freeMib: 100,
        promisedMib: 3000,
        promisableMib: 1000,
        reservedMib: 0,
        trends: [{ mibPerHour: -10, fullInHours: 10.5, overMinutes: 60 }],
        protection: 'image-lock',
        protectedBy: 'NFS 4.2 at /srv/vms',
        alarms: [{ code: 'full-soon', message: 'full in 10 hours' }],
        hosts: [
          { hostId: 'h1', condition: 'reachable', capacityMib: 1, freeMib: 1, reportAgeMs: 1 },
        ],
      },
      doctor: poolDoctor,
    },
  },
];
