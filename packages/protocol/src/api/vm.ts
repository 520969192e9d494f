/** A VM, and what is asked of one. */
import { Type, type Static } from 'typebox';
import { CloudInit, CloudInitSummary } from '../cloud-init.ts';
import { MigrationWish } from '../migration.ts';
import { Count, Labels, Name, Uuid } from '../names.ts';
import { ResizeWish, VmBalance, VmSize, VmSpec } from '../vm-spec.ts';
import { Conditions } from './condition.ts';
import { MigrationBody, OperationBody } from './operation.ts';
import { closed, named, Text } from './shape.ts';

export const VmBody = Type.Object(
  {
    id: Uuid,
    name: Name,
    state: Text,
    desired: Text,
    conditions: Conditions,
    hostId: Type.Optional(Name),
    /** Of one that is off and was moved so: where it starts next, if that host takes it then. */
    nextHostId: Type.Optional(Name),
    generation: Count,
    operationId: Type.Optional(Text),
    /** What is promised to it where it runs, where its spec is what it takes at its next start; while it is resized, the larger. */
    promised: Type.Optional(VmSize),
    /** Its memory lies in a file: it starts from that, until somebody throws it away. */
    saved: Type.Optional(
      Type.Object(
        {
          pool: Name,
          file: Text,
          storedBytes: Count,
          /** What it takes of the pool. */
          allocatedBytes: Count,
          /** Where it ran until then. */
          hostId: Name,
          operationId: Text,
          atMs: Count,
          /** Why it could not be gone on with when that was tried last. */
          problem: Type.Optional(Text),
        },
        closed,
      ),
    ),
    observed: Type.Optional(Text),
    /** The one that is under way; its progress in a list of VMs is left out. */
    migration: Type.Optional(MigrationBody),
    /** A move of it was given up: only a person moves it before that time. */
    rest: Type.Optional(Type.Object({ untilMs: Count, reason: Text, operationId: Text }, closed)),
    macs: Type.Array(Text),
    /** The text itself is in `spec` for an admin who asks with `?include=cloud-init`, and for nobody else. */
    cloudInit: Type.Optional(CloudInitSummary),
    spec: VmSpec,
    createdAtMs: Count,
    by: Text,
  },
  named('Vm'),
);
export type VmBody = Static<typeof VmBody>;

export const VmCreate = Type.Object(
  { name: Name, spec: VmSpec, start: Type.Optional(Type.Boolean()) },
  named('VmCreate'),
);
export type VmCreate = Static<typeof VmCreate>;

export const VmCreated = Type.Object(
  { vm: VmBody, operation: Type.Optional(OperationBody) },
  named('VmCreated'),
);
export type VmCreated = Static<typeof VmCreated>;

/** What of a VM can be changed. */
export const VmChange = Type.Object(
  {
    /** Replaces all of it; null: there is none any more. It counts from the next start on. */
    cloudInit: Type.Optional(Type.Union([CloudInit, Type.Null()])),
    /** All labels become these, at once: rules go by them. */
    labels: Type.Optional(Labels),
    /** At once. */
    balance: Type.Optional(VmBalance),
  },
  { ...named('VmChange'), minProperties: 1 },
);
export type VmChange = Static<typeof VmChange>;

export const VmStart = Type.Object(
  {
    /** Its saved memory is thrown away, and it boots. */
    discardSaved: Type.Optional(Type.Boolean()),
  },
  named('VmStart'),
);
export type VmStart = Static<typeof VmStart>;

export const VmSave = Type.Object(
  {
    /** Where its memory goes; absent: the pool of its first disk. */
    pool: Type.Optional(Name),
  },
  named('VmSave'),
);
export type VmSave = Static<typeof VmSave>;

export const VmStop = Type.Object(
  { mode: Type.Optional(Type.Union([Type.Literal('graceful'), Type.Literal('force')])) },
  named('VmStop'),
);
export type VmStop = Static<typeof VmStop>;

/** Libvirt calls it so from its next start on; it has to be off. */
export const VmRename = Type.Object({ name: Name }, named('VmRename'));
export type VmRename = Static<typeof VmRename>;

export const VmClone = Type.Object(
  { name: Name, start: Type.Optional(Type.Boolean()) },
  named('VmClone'),
);
export type VmClone = Static<typeof VmClone>;

/** The copies of its disks, and its start where it is started: that waits for them. */
export const VmCloned = Type.Object(
  { vm: VmBody, operations: Type.Array(OperationBody) },
  named('VmCloned'),
);
export type VmCloned = Static<typeof VmCloned>;

export const VmReboot = Type.Object(
  { mode: Type.Optional(Type.Union([Type.Literal('graceful'), Type.Literal('force')])) },
  named('VmReboot'),
);
export type VmReboot = Static<typeof VmReboot>;

/** What would be done with it; of what would be refused there is a problem instead. */
export const VmActionPlan = Type.Object(
  { vmId: Uuid, vmName: Name, hostId: Type.Optional(Name), what: Text },
  named('VmActionPlan'),
);
export type VmActionPlan = Static<typeof VmActionPlan>;

export const VmResize = Type.Object(
  {
    ...ResizeWish,
    /** Leave it as it runs: it starts with that size next. Of a VM that is off it is so in any case. */
    atNextStart: Type.Optional(Type.Boolean()),
  },
  { ...named('VmResize'), minProperties: 1 },
);
export type VmResize = Static<typeof VmResize>;

/** What would be done; of what would be refused there is a problem instead. */
export const VmResizePlan = Type.Object(
  {
    vmId: Uuid,
    vmName: Name,
    hostId: Type.Optional(Name),
    when: Type.Union([Type.Literal('now'), Type.Literal('next-start')]),
    what: Text,
  },
  named('VmResizePlan'),
);
export type VmResizePlan = Static<typeof VmResizePlan>;

export const VmMigrate = Type.Object(
  {
    target: Type.Optional(Name),
    /** For this move only. */
    migration: Type.Optional(MigrationWish),
    /** Shut down, then started there; of a VM that is off: `target` is where it starts next. */
    cold: Type.Optional(Type.Boolean()),
  },
  named('VmMigrate'),
);
export type VmMigrate = Static<typeof VmMigrate>;
