/** What a simulated process needs of the world around it. world.ts gives it. */
import type { Bus } from './bus.ts';
import type { Harm } from './acts/world.ts';
import type { Act, Deleted, Told } from './checkers/checker.ts';
import type { EtcdReach } from './etcd-client.ts';
import type { Host } from './host.ts';
import type { ClockOffsets } from './life.ts';
import type { MarkName } from './marks.ts';
import type { Migrations } from './migration.ts';
import type { Points } from './points.ts';
import type { Random } from '@drover/core';
import type { Tempo } from './tempo.ts';
import type { Timeline } from './timeline.ts';

export interface ProcessWorld {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly tempo: Tempo;
  readonly bus: Bus;
  readonly reach: EtcdReach;
  readonly migrations: Migrations;
  readonly note: (who: string, what: string) => void;
  readonly mark: (name: MarkName) => void;
  readonly hostAt: (address: string) => Host | undefined;
  /** A machine's clocks: each is off in its own way. */
  readonly offsets: (who: string) => ClockOffsets;
  readonly points: Points;
  readonly onAct: (act: Act) => void;
  readonly onTell: (told: Told) => void;
  readonly onHarm: (harm: Harm, hostId: string, vmId: string, opId: string) => void;
  readonly onDeleted: (deleted: Deleted) => void;
  /** Runs logic; an error that it throws is a broken invariant. */
  readonly guardLogic: <T>(who: string, run: () => T) => T | undefined;
  /** What it cannot read: the wire is broken, if somebody has said that. */
  readonly malformed: (who: string, text: string, reason: string) => void;
}
