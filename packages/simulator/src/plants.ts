/**
 * Bugs on purpose: each is a change of production's text, made while it is loaded. What does not find them within
 * its time proves nothing about others.
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
  /** A swarm, if absent; or, of what is rarer, a scenario that is swept or played, or a seed of a small swarm. */
  readonly foundBy?: `${'sweep' | 'replay' | 'swarm from'} ${string}`;
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
  {
    name: 'duplicate-done-again',
    file: 'packages/agent/src/logic/envelope.ts',
    find: "if (view.knownHash === view.argsHash) return { type: 'duplicate' };",
    replace: "if (view.knownHash === view.argsHash) return { type: 'accept' };",
    says: 'a step that is known is done again',
    breaks: ['step-happens-once'],
  },
  {
    name: 'epoch-not-written',
    file: 'packages/agent/src/logic/envelope.ts',
    find: 'const raisesEpoch = BigInt(command.epoch) > BigInt(view.durableEpoch);',
    replace: 'const raisesEpoch = BigInt(command.epoch) < BigInt(view.durableEpoch);',
    says: 'an epoch that was heard does not go to the disk',
    breaks: ['comes-to-rest', 'no-stale-epoch'],
  },
  {
    name: 'restart-takes-start-as-failed',
    file: 'packages/agent/src/logic/restart.ts',
    find: "return end(isAlive(vm) ? { outcome: 'done' } : notStarted(vm));",
    replace: 'return end(notStarted(vm));',
    says: 'after a restart a start that came to its end is told as failed',
    breaks: ['comes-to-rest'],
    foundBy: 'sweep start-goes-elsewhere',
  },
  {
    name: 'restart-takes-stop-as-done',
    file: 'packages/agent/src/logic/restart.ts',
    find: "return end(isAlive(vm) ? stillRunning : { outcome: 'done' });",
    replace: "return end(vm === undefined || isAlive(vm) ? { outcome: 'done' } : stillRunning);",
    says: 'after a restart a stop is told as done though the VM runs',
    breaks: ['comes-to-rest', 'runs-on-one-host'],
  },
  {
    name: 'silence-taken-as-failure',
    file: 'packages/scheduler/src/logic/turn.ts',
    find: 'if (this.#isGone(command, sentMs)) this.#send(command);',
    replace:
      "if (opId !== '') return { opId, step, outcome: 'failed' };\n    if (this.#isGone(command, sentMs)) this.#send(command);",
    says: 'a step without an answer in time counts as failed',
    breaks: ['runs-on-one-host', 'comes-to-rest', 'within-capacity'],
  },
  {
    name: 'old-inventory-believed',
    file: 'packages/scheduler/src/logic/host-watch.ts',
    find: 'if (!host?.inventory || host.lookedMs < sinceMs) return undefined;',
    replace: 'if (!host?.inventory || sinceMs < 0) return undefined;',
    says: 'what a host saw before a step counts as what it left behind',
    breaks: ['comes-to-rest', 'runs-on-one-host', 'within-capacity'],
    foundBy: 'swarm from 480',
  },
  {
    name: 'turn-forgets-its-places',
    file: 'packages/scheduler/src/logic/start.ts',
    find: '  turn.places.start(vm, target);',
    replace: '',
    says: 'two VMs that are placed in one turn do not see each other',
    breaks: ['within-capacity'],
  },
  {
    name: 'silent-host-is-dead',
    file: 'packages/scheduler/src/logic/upkeep.ts',
    find: 'if (!heard || !inventory || !turn.hosts.passedBarrier(hostId, turn.epoch)) return 0;',
    replace:
      "if (turn.hosts.health(turn.now.monoMs, hostId, turn.settings) === 'down') return 2;\n  if (!heard || !inventory || !turn.hosts.passedBarrier(hostId, turn.epoch)) return 0;",
    says: 'the VMs of a silent host count as crashed',
    breaks: ['comes-to-rest', 'runs-on-one-host'],
  },
  {
    name: 'busy-not-minded',
    file: 'packages/scheduler/src/logic/pending.ts',
    find: 'if (held !== undefined && isOpen(held)) {',
    replace: "if (held !== undefined && isOpen(held) && held.type === 'drain') {",
    says: 'two operations on a VM at a time',
    breaks: ['generations-grow', 'comes-to-rest', 'within-capacity', 'runs-on-one-host'],
    foundBy: 'replay stop-waits-for-a-migration',
  },
  {
    name: 'source-left-behind',
    file: 'packages/scheduler/src/logic/migrate-end.ts',
    find: "? next('clean-source', target, generation + 1)\n        : moved(turn, stored);",
    replace: '? moved(turn, stored)\n        : moved(turn, stored);',
    says: 'the paused copy on the source is forgotten',
    breaks: ['comes-to-rest'],
    foundBy: 'replay lost-answer-of-a-migration',
  },
  {
    name: 'second-copy-left-behind',
    file: 'packages/scheduler/src/logic/migrate-end.ts',
    find: "'resume-vm', generation, thenCleanTarget);",
    replace: "'resume-vm', generation, stayed);",
    says: 'of two paused copies the one that never ran is forgotten',
    breaks: ['comes-to-rest'],
    foundBy: 'replay two-paused-copies',
  },
  {
    name: 'silent-target-taken-as-empty',
    file: 'packages/core/src/migration/resolve.ts',
    find: "if (target === 'silent') return { type: 'wait', forHost: 'target' };",
    replace:
      "if (target === 'silent') {\n    return resolveMigration({ source, target: { state: 'absent', migrating: false }, mode });\n  }",
    says: 'a target that says nothing counts as one that has nothing',
    breaks: ['within-capacity', 'comes-to-rest', 'runs-on-one-host'],
  },
  {
    name: 'silent-source-taken-as-empty',
    file: 'packages/core/src/migration/resolve.ts',
    find: "if (source === 'silent') return { type: 'wait', forHost: 'source' };",
    replace:
      "if (source === 'silent') {\n    return resolveMigration({ source: { state: 'absent', migrating: false }, target, mode });\n  }",
    says: 'a source that says nothing counts as one that has nothing',
    breaks: ['within-capacity', 'comes-to-rest', 'runs-on-one-host'],
  },
  {
    name: 'owner-keeps-its-generation',
    file: 'packages/scheduler/src/logic/migrate-end.ts',
    find: '    generation: generation + 1,\n',
    replace: '    generation,\n',
    says: 'an owner changes and its generation does not',
    breaks: ['generations-grow'],
  },
  {
    name: 'incoming-not-counted',
    file: 'packages/core/src/cluster/load.ts',
    find: 'add(hostId, request);\n  }\n  return promised;',
    replace: 'if (vm === undefined) add(hostId, request);\n  }\n  return promised;',
    says: 'what is reserved on a host does not count',
    breaks: ['within-capacity'],
  },
  {
    name: 'drain-forgets-its-moves',
    file: 'packages/scheduler/src/logic/drain-item.ts',
    find: 'if (child !== undefined && isOpen(child)) return item;',
    replace: "if (child !== undefined && isOpen(child)) return { ...item, state: 'waiting' };",
    says: 'a drain begins moves again that are under way',
    breaks: ['comes-to-rest'],
  },
  {
    name: 'end-told-before-written',
    file: 'packages/agent/src/logic/steps.ts',
    find: "if (step.phase === 'ended' && step.result) return step.result;",
    replace: 'if (step.result) return step.result;',
    says: 'the end of a step is told before it is on the disk',
    breaks: ['end-first'],
  },
  {
    name: 'conflict-taken-as-done',
    file: 'packages/scheduler/src/logic/scheduler.ts',
    find: "if (event.outcome === 'done') {",
    replace: "if (event.commitId !== '') {",
    says: 'a transaction that was not made counts as made',
    breaks: ['within-capacity', 'comes-to-rest'],
  },
  {
    name: 'pool-not-looked-at',
    file: 'packages/core/src/placement/filters/pool.ts',
    find: "if (pool?.state !== 'active') {",
    replace: 'if (pool === undefined) {',
    says: 'VMs go where their pool does not answer',
    breaks: ['pool-reachable'],
  },
  {
    name: 'moved-off-dead-storage',
    file: 'packages/scheduler/src/logic/ailing-pool.ts',
    find: "state === 'error' &&",
    replace: "state === 'inactive' &&",
    says: 'VMs are moved from a host that does not reach their disks',
    breaks: ['pool-reachable'],
    foundBy: 'replay storage-stalls-for-one-host',
  },
  {
    name: 'restored-etcd-believed',
    file: 'packages/scheduler/src/logic/scheduler.ts',
    find: 'const restoring = whyRestoring(turn);',
    replace:
      'const restoring = [whyRestoring(turn)].find((why) => why === cluster.revision.toString());',
    says: 'an etcd that was restored from a backup is believed',
    breaks: ['comes-to-rest', 'runs-on-one-host'],
    foundBy: 'replay etcd-restored-from-a-backup',
  },
  {
    name: 'hosts-may-say-anything',
    file: 'packages/protocol/src/subjects.ts',
    find: '`drover.agent.${identity.hostId}.>`,',
    replace: "'drover.agent.>', 'drover.cmd.*',",
    says: 'the server lets a host speak for others',
    breaks: ['speaks-for-itself'],
  },
  {
    name: 'memory-not-looked-at',
    file: 'packages/core/src/placement/filters/capacity.ts',
    find: 'export function notEnoughMemory({ cluster, request, host }: FilterInput): No | undefined {\n  const required = request.shape.request.memoryMib;',
    replace:
      'export function notEnoughMemory({ cluster, request, host }: FilterInput): No | undefined {\n  const required = 0 * request.shape.request.memoryMib;',
    says: 'VMs go where there is no memory for them',
    breaks: ['within-capacity'],
  },
  {
    name: 'rules-not-looked-at',
    file: 'packages/core/src/placement/filters/rules.ts',
    find: 'if (members.length === 0) return undefined;',
    replace: 'if (members.length >= 0) return undefined;',
    says: 'VMs go where a hard rule is broken by that',
    breaks: ['rules-kept'],
    foundBy: 'replay rule-saved-moves-nothing-until-enforced',
  },
  {
    name: 'request-without-its-precondition',
    file: 'packages/api/src/logic/writing.ts',
    find: '...puts.map(({ key, expectedModRevision }) => ({ key, modRevision: expectedModRevision })),',
    replace: '',
    says: 'an API does not compare what it replaces with what it has seen',
    breaks: ['one-request-at-a-time'],
  },
  {
    name: 'busy-vm-let-through',
    file: 'packages/api/src/logic/decide-vm.ts',
    find: 'const busy = openOperationOn(records, id);',
    replace: 'const busy = [openOperationOn(records, id)].find((one) => one?.id === id);',
    says: 'an API lets through what concerns a VM that is busy',
    breaks: ['one-request-at-a-time'],
  },
  {
    name: 'saved-memory-passed-over',
    file: 'packages/scheduler/src/logic/start.ts',
    find: "step: saved === undefined ? 'start' : 'resume',",
    replace: "step: 'start',",
    says: 'a start boots a VM whose memory is saved',
    breaks: ['saved-memory-kept'],
    foundBy: 'replay saved-and-resumed-elsewhere',
  },
  {
    name: 'saved-memory-taken-for-an-orphan',
    file: 'packages/protocol/src/file-owners.ts',
    find: 'if (value.saved === undefined) continue;',
    replace: 'if (value.saved === undefined || value.vmId !== undefined) continue;',
    says: 'the file of a VM’s saved memory counts as one that no record names',
    breaks: ['named-files-kept'],
    foundBy: 'replay orphan-goes-by-a-persons-word',
  },
  {
    name: 'grown-before-it-is-promised',
    file: 'packages/scheduler/src/logic/resize.ts',
    find: 'const held = larger(from, promised);',
    replace: 'const held = [larger(from, promised)].find(({ vcpus }) => vcpus < 0) ?? from;',
    says: 'a VM is made larger that is promised no more than before',
    breaks: ['promised-what-it-has'],
    foundBy: 'replay resize-live-and-at-next-start',
  },
];
