/**
 * Rare states that must have been met: a set of runs that never came there has not tested it. Most are seen in the
 * lines of a trace; what no line tells is said by the part that knows.
 */

interface Mark {
  readonly says: string;
  /** A line of the trace, as `who what`; absent: said by a part of the world. */
  readonly line?: RegExp;
}

const table = {
  'stale-epoch-refused': {
    says: 'an agent refused a deposed leader',
    line: /refused \(stale-epoch\)/,
  },
  'late-order-refused': {
    says: 'an agent refused an order that was old',
    line: /refused \(not-fresh\)/,
  },
  'stale-generation-refused': {
    says: 'an agent refused an order about an owner that has changed',
    line: /refused \(stale-generation\)/,
  },
  'busy-vm-refused': {
    says: 'an agent refused a second action on a VM',
    line: /refused \(vm-busy\)/,
  },
  'unwritable-refused': {
    says: 'an agent refused what it could not write down',
    line: /refused \(journal-unwritable\)/,
  },
  'order-without-libvirt': {
    says: 'an agent refused what its libvirt could not do',
    line: /\(hypervisor-unreachable\)/,
  },
  'died-before-begun': {
    says: 'an agent died before a step was on its disk',
    line: /agent dies: before writing begun/,
  },
  'died-after-begun': {
    says: 'an agent died with a step on its disk',
    line: /agent dies: after writing begun/,
  },
  'died-after-act': {
    says: 'an agent died after the deed, before it wrote that down',
    line: /agent dies: (after (start-vm|stop-vm|migrate-out)|before writing ended)/,
  },
  'died-before-telling': {
    says: 'an agent died before it told an end',
    line: /agent dies: before telling its result/,
  },
  'leader-died-committing': {
    says: 'a leader died with a transaction under way',
    line: /dies: with a commit under way/,
  },
  'leader-died-before-order': {
    says: 'a leader died between its decision and the order',
    line: /dies: before ordering/,
  },
  deposed: { says: 'a leader was deposed and ended itself', line: /leads no more/ },
  'office-given-back': { says: 'a leader gave its office back', line: /gives its office back/ },
  'start-elsewhere': { says: 'a start went on to another host', line: /failed, trying elsewhere/ },
  'start-refused': { says: 'a start found no host', line: /start \S+ failed: no host fits/ },
  'stop-found-moved': {
    says: 'a stop found its VM elsewhere, where somebody had moved it',
    line: /failed: it is not on \S+ any more, it runs on/,
  },
  'host-recovered': { says: 'a host was said to be off', line: /host \S+ is off, says/ },
  'recovery-of-a-live-host': {
    says: 'a host that was heard was not recovered',
    line: /recover \S+ failed: \S+ was heard \d+ s ago/,
  },
  'recovery-braked': {
    says: 'a recovery found too many hosts down at once',
    line: /recover \S+ failed: \d+ of \d+ hosts are down/,
  },
  'host-readmitted': { says: 'a host that was off was back', line: /is back, and runs nothing/ },
  'orphan-deleted': {
    says: 'a file that no record names was deleted',
    line: /orphan-delete \S+ succeeded/,
  },
  'named-file-kept': {
    says: 'a file that a record names was not deleted',
    line: /were refused: delete \S+ \S+ \(not-an-orphan\)/,
  },
  'stop-timed-out': {
    says: 'a VM did not shut down in time, and ran on',
    line: /did not shut down in/,
  },
  'vm-crashed': {
    says: 'a VM that was gone was said to be',
    line: /is gone from .*, and nobody asked/,
  },
  'moved-by-hand-followed': {
    says: 'a record followed a VM that a person moved',
    line: /: somebody moved it$/,
  },
  'memory-saved': { says: 'a VM was saved', line: /save \S+ succeeded/ },
  'save-cancelled': { says: 'a save was cancelled', line: /save \S+ cancelled/ },
  'memory-resumed': {
    says: 'a VM went on from its saved memory',
    line: /does resume-saved for/,
  },
  moved: { says: 'a migration was resolved: moved', line: /: moved$/ },
  stayed: { says: 'a migration was resolved: stayed', line: /: stayed$/ },
  'target-resumed': { says: 'a copy was resumed on the target', line: /: resume-target$/ },
  'source-kept': {
    says: 'of two paused copies the one that had run ran on',
    line: /: stayed, resumed and cleaned$/,
  },
  'vm-lost-on-the-way': { says: 'neither side had the VM any more', line: /: lost$/ },
  'source-resumed': {
    says: 'a source that was left paused was resumed',
    line: /orders \S+: resume-vm/,
  },
  'leftover-destroyed': {
    says: 'a copy that was left behind was destroyed',
    line: /was left over, and is destroyed/,
  },
  'finish-lost': { says: 'the answer of Finish was lost', line: /the answer of Finish .* is lost/ },
  'half-way': { says: 'libvirt left a migration half way', line: /is left half way/ },
  'migration-adopted': {
    says: 'a restarted agent adopted a migration that ran on',
    line: /still runs and is adopted/,
  },
  'migration-aborted': { says: 'a migration was aborted', line: /: aborted$/ },
  'migration-timed-out': {
    says: 'a migration was not done in its time',
    line: /failed \(migration-timeout\)/,
  },
  'migration-stuck': {
    says: 'a migration was given up because no rung of its policy helped',
    line: /failed \(migration-stuck\)/,
  },
  'migration-cancelled': { says: 'a migration was cancelled', line: /migrate \S+ cancelled/ },
  'drain-done': { says: 'a drain came to its end', line: /drain \S+ succeeded/ },
  'drain-blocked': { says: 'a drain could not move everything', line: /drain \S+ blocked/ },
  'drain-cancelled': { says: 'a drain was cancelled', line: /drain \S+ cancelled/ },
  'decided-anew': {
    says: 'a write of an API lost its race, and was decided anew',
    line: /decides anew:/,
  },
  'refused-when-decided-anew': {
    says: 'what lost a race was refused when it was decided anew',
  },
  'refused-while-behind': {
    says: 'a request was refused because its API had not heard of what would let it',
  },
  'busy-vm-not-asked': {
    says: 'people were refused because an operation was under way on the VM',
    line: /were refused: .* \(vm-busy\)/,
  },
  'cancelled-after-its-end': {
    says: 'people were refused because what they cancelled had ended',
    line: /were refused: cancel .* \(operation-ended\)/,
  },
  'drained-twice': {
    says: 'people were refused because the host was being drained already',
    line: /were refused: .* \(drain-under-way\)/,
  },
  'request-was-made': { says: 'a request without an answer was found to have been written' },
  unanswered: {
    says: 'people heard nothing about what they asked for',
    line: /heard nothing about/,
  },
  'libvirt-gone': { says: 'libvirt went away with VMs running', line: /libvirt is gone/ },
  'power-lost': {
    says: 'a VM went with the power of its host',
    line: /went with the power of its host/,
  },
  'stood-still': { says: 'a VM stood still on its disk', line: /stands still: its disk/ },
  'paused-on-error': {
    says: 'a VM was paused because its disk failed',
    line: /is paused-io-error/,
  },
  'pool-waited-for': {
    says: 'a start found its pool out of reach',
    line: /says \S+ failed \(pool-unavailable\)/,
  },
  'dead-storage-avoided': {
    says: 'a VM went to a host that reaches its pool, where another had long not',
  },
  'lock-met': { says: 'a start met the lock of another host', line: /its disk is locked$/ },
  'lock-waited-for': {
    says: 'a recovery waited for the lock of the host that is off',
    line: /waits: its disk is locked still/,
  },
  'etcd-went-back': {
    says: 'a scheduler saw that etcd had been restored',
    line: /etcd was restored from a backup/,
  },
  'host-has-shown': {
    says: 'a host showed what it runs after etcd was restored',
    line: /has shown what it runs$/,
  },
  'taken-from-host': {
    says: 'a record was made true by what a host runs, after etcd was restored',
    line: /, as the hosts say$/,
  },
  'journal-altered': {
    says: 'an agent started on a journal that had lost records',
    line: /the journal was altered: no order/,
  },
  'disk-full': { says: 'a journal could not be written', line: /the journal can not be written/ },
  'message-dropped': { says: 'a message that could not be read was dropped' },
  'forgery-refused': { says: 'NATS refused what a host said for another' },
  'liar-met-lock': {
    says: 'a VM that a host had called gone was started elsewhere, and met its own lock',
    line: /says \S+ failed \(disk-locked\)/,
  },
  'newer-order-refused': {
    says: 'an agent refused an order of a version that it does not have',
    line: /refused \(unknown-command\)/,
  },
  'commit-was-made': { says: 'a transaction without an answer had been made' },
  'commit-was-not-made': { says: 'a transaction without an answer had not been made' },
  'commit-conflicted': { says: 'somebody else wrote between a decision and its transaction' },
  'late-transaction': { says: 'a transaction was made after its sender had given up' },
  'watch-broken': { says: 'a watch broke, and everything was loaded again' },
  'history-compacted': { says: 'a watch asked for what etcd had forgotten' },
  'lease-outlived': { says: 'a lease ended while its owner believed in it' },
  'told-again': { says: 'a step was answered from the journal, not done again' },
} as const satisfies Readonly<Record<string, Mark>>;

export type MarkName = keyof typeof table;

export const marks: Readonly<Record<MarkName, Mark>> = table;
export const markNames = Object.keys(table) as readonly MarkName[];

const seen = markNames.flatMap((name) => {
  const { line } = marks[name];
  return line === undefined ? [] : [{ name, line }];
});

export class Marks {
  readonly #counts = new Map<MarkName, number>();

  get counts(): ReadonlyMap<MarkName, number> {
    return this.#counts;
  }

  reach(name: MarkName): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  read(who: string, what: string): void {
    const text = `${who} ${what}`;
    for (const { name, line } of seen) if (line.test(text)) this.reach(name);
  }
}
