/**
 * Bugs on purpose: each is a change of production's text, made while it is loaded. A swarm that does not find
 * one of them within its time proves nothing about the others.
 */

export interface Plant {
  readonly name: string;
  /** Of the repository. */
  readonly file: string;
  /** Must be there exactly once. */
  readonly find: string;
  readonly replace: string;
  readonly says: string;
  /** Promises of which one must be seen to be broken. */
  readonly breaks: readonly string[];
}

export const plants: readonly Plant[] = [
  {
    name: 'epoch-check-removed',
    file: 'packages/agent/src/logic/envelope.ts',
    find: 'return BigInt(epoch) < BigInt(seenEpoch);',
    replace: 'return BigInt(epoch) < BigInt(seenEpoch) && false;',
    says: 'agents obey deposed leaders',
    breaks: ['no-stale-epoch'],
  },
  {
    name: 'reservation-dropped',
    file: 'packages/scheduler/src/logic/snapshot.ts',
    find: "if (type !== 'start' && type !== 'migrate') return [];",
    replace: "if (type !== 'start') return [];",
    says: 'what moves towards a host is not counted there',
    breaks: ['within-capacity'],
  },
  {
    name: 'journal-skipped',
    file: 'packages/agent/src/logic/agent.ts',
    find: "if (step.phase !== 'writing') return;\n    if (step.unwritten.size > 0) return;",
    replace: "if (step.phase !== 'writing') return;",
    says: 'agents act before it is on their disk that they do',
    breaks: ['journal-first', 'step-happens-once'],
  },
  {
    name: 'target-not-rechecked',
    file: 'packages/core/src/plan/check.ts',
    find: 'const rejection = reject({ cluster, request, host });',
    replace:
      'const rejection = [request].length === 0 ? reject({ cluster, request, host }) : undefined;',
    says: 'a move of an older plan is made whatever its target carries today',
    breaks: ['within-capacity'],
  },
  {
    name: 'stop-on-timeout',
    file: 'packages/scheduler/src/logic/stop.ts',
    find: "if (result.outcome === 'failed') return turn.end(stored, 'failed', { error }, running());",
    replace: `if (result.outcome === 'failed') {
    const pull = { kind: 'stop-vm', mode: 'force', timeoutMs } as const;
    return turn.nudge({ hostId: source, opId: id, vmId, generation, body: pull }, 5_000);
  }`,
    says: 'a VM that does not shut down in time has its plug pulled',
    breaks: ['vm-unharmed'],
  },
];
