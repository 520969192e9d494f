/**
 * Runs the logic: hands it events one by one, and does what it answers. Decides nothing. An error that the
 * logic throws is a defect and ends the process.
 */
import {
  type AgentCommand,
  type AgentMessage,
  readCommand,
  subjects,
  wireLimits,
} from '@drover/protocol';
import type { Bus } from '@drover/bus';
import type { AgentAction, AgentEvent, AgentLogic } from '../logic/index.ts';
import { hostClock } from './clock.ts';
import type { Hypervisor } from './hypervisor.ts';
import type { JournalFile } from './journal-file.ts';
import type { UsageFile } from './usage-file.ts';

export interface Log {
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
}

export interface PerformerOptions {
  readonly hostId: string;
  readonly logic: AgentLogic;
  readonly journal: JournalFile;
  readonly usage: Pick<UsageFile, 'append'>;
  readonly hypervisor: Pick<Hypervisor, 'act'>;
  readonly bus: Pick<Bus, 'publish'>;
  readonly observe: (id: number) => void;
  readonly onMessage: (message: AgentMessage) => void;
  readonly onCommand: (command: AgentCommand) => void;
  readonly onMalformed: () => void;
  readonly log: Log;
}

export class Performer implements Disposable {
  readonly #options: PerformerOptions;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #stopped = false;

  constructor(options: PerformerOptions) {
    this.#options = options;
  }

  feed(event: AgentEvent): void {
    if (this.#stopped) return;
    for (const action of this.#options.logic.handle(hostClock(), event)) this.#perform(action);
  }

  /** Text from the bus; what is no command is counted and dropped, what is one of another version answered. */
  receive(text: string): void {
    const read = readCommand(text);
    if (read.type === 'command') {
      this.#options.onCommand(read.command);
      return this.feed({ type: 'commanded', command: read.command });
    }
    this.#options.onMalformed();
    this.#options.log.warn(`dropped a command of the wrong shape: ${read.reason}`);
    if (read.type === 'unknown') this.feed({ type: 'misunderstood', address: read.address });
  }

  #perform(action: AgentAction): void {
    const { journal, usage, hypervisor, observe, log } = this.#options;
    switch (action.type) {
      case 'journal':
        journal.append(action.record).then(
          () => this.feed({ type: 'journaled', seq: action.seq, ok: true }),
          (error: unknown) => {
            log.error(`journal: ${String(error)}`);
            this.feed({ type: 'journaled', seq: action.seq, ok: false });
          },
        );
        return;
      case 'act':
        hypervisor.act(action.action).then(
          (outcome) => this.feed({ type: 'acted', actionId: action.actionId, outcome }),
          (error: unknown) => {
            // Only at the agent's end; what was begun is looked after by the next process.
            if (!this.#stopped) throw error;
          },
        );
        return;
      case 'keep-usage':
        return usage.append(action.minute);
      case 'publish':
        return this.#publish(action.message);
      case 'observe':
        return observe(action.id);
      case 'wake':
        return this.#wake(action.key, action.atMonoMs);
      case 'trace':
        log[action.level](action.text);
    }
  }

  #publish(message: AgentMessage): void {
    const { bus, hostId, onMessage, log } = this.#options;
    onMessage(message);
    const text = JSON.stringify(message.body);
    if (Buffer.byteLength(text) > wireLimits.messageBytes) {
      log.error(`a ${message.kind} of ${text.length} characters is too long to be sent`);
    }
    // Not sent while disconnected: the next inventory tells it.
    bus.publish(subjects.agent(hostId, message.kind), text);
  }

  #wake(key: string, atMonoMs: number): void {
    clearTimeout(this.#timers.get(key));
    const delay = Math.max(0, atMonoMs - performance.now());
    this.#timers.set(
      key,
      setTimeout(() => this.feed({ type: 'woke', key }), delay),
    );
  }

  [Symbol.dispose](): void {
    this.#stopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }
}
