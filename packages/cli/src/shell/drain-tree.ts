/**
 * A drain as a tree in a terminal, one line for each VM, redrawn as it goes. listr2 draws; what the lines
 * say is decided in logic. VMs that come while it is drawn get a line below.
 */
import type { api } from '@drover/protocol';
import {
  type DefaultRenderer,
  Listr,
  type ListrTask,
  type ListrTaskWrapper,
  type SimpleRenderer,
} from 'listr2';
import {
  type DrainItem,
  isSettled,
  itemText,
  type Percents,
  waitNote,
} from '../logic/drain-text.ts';
import { oneLine } from '../logic/harmless.ts';
import { doing } from '../logic/operation-view.ts';
import { count } from '../logic/plan-text.ts';
import type { Terminal } from './terminal.ts';
import type { Waiting } from './waiting.ts';

type Wrapper = ListrTaskWrapper<object, typeof DefaultRenderer, typeof SimpleRenderer>;

interface Line {
  readonly name: string;
  wrapper: Wrapper | undefined;
  item: DrainItem;
  percent: number | undefined;
  readonly end: PromiseWithResolvers<void>;
}

export class DrainTree {
  readonly #terminal: Terminal;
  readonly #hostId: string;
  #doing = doing.drain;
  readonly #lines = new Map<string, Line>();
  #root: Wrapper | undefined;
  #running: Promise<unknown> | undefined;
  #late: DrainItem[] = [];

  constructor(terminal: Terminal, waiting: Waiting, hostId: string) {
    this.#terminal = terminal;
    this.#hostId = oneLine(hostId);
    waiting.noteTo((text) => {
      if (this.#root) this.#root.output = text;
      else terminal.err([text]);
    });
  }

  show(operation: api.OperationBody, percents: Percents): void {
    const items = operation.items ?? [];
    this.#doing = doing[operation.type];
    if (items.length === 0) return this.#terminal.progress(waitNote(operation));
    this.#running ??= this.#start(items);
    this.#late = items.filter((item) => !this.#lines.has(item.vmId));
    for (const item of items) {
      const line = this.#lines.get(item.vmId);
      if (line === undefined) continue;
      line.item = item;
      line.percent = percents.get(item.operationId ?? '');
      this.#refresh(line);
    }
    if (this.#root) this.#root.title = this.#title(items);
  }

  /** Stops drawing and leaves what was drawn. Lines that have not ended are marked as skipped. */
  async close(): Promise<void> {
    for (const line of this.#lines.values()) line.end.resolve();
    await this.#running;
  }

  #title(items: readonly DrainItem[]): string {
    const settled = items.filter(isSettled).length;
    const late =
      this.#late.length === 0
        ? ''
        : `; since then ${this.#late.map((item) => `${oneLine(item.vmName)} ${itemText(item, undefined)}`).join(', ')}`;
    return `${this.#doing} ${this.#hostId}: ${settled} of ${count(items.length, 'VM', 'VMs')} settled${late}`;
  }

  #start(items: readonly DrainItem[]): Promise<unknown> {
    // What stands there says why it has not begun; the tree begins on a line of its own.
    this.#terminal.err([]);
    for (const item of items) {
      this.#lines.set(item.vmId, {
        name: oneLine(item.vmName),
        wrapper: undefined,
        item,
        percent: undefined,
        end: Promise.withResolvers(),
      });
    }
    const children = [...this.#lines.values()].map((line) => this.#task(line));
    const tree = new Listr<object>(
      [
        {
          title: this.#title(items),
          task: (_, wrapper) => {
            this.#root = wrapper;
            return wrapper.newListr(children, { concurrent: true, exitOnError: false });
          },
          rendererOptions: { outputBar: 1 },
        },
      ],
      {
        concurrent: true,
        exitOnError: false,
        registerSignalListeners: false,
        rendererOptions: { collapseSubtasks: false, collapseSkips: true, collapseErrors: false },
      },
    );
    return tree.run();
  }

  #task(line: Line): ListrTask<object, typeof DefaultRenderer, typeof SimpleRenderer> {
    return {
      title: line.name,
      task: async (_, wrapper) => {
        line.wrapper = wrapper;
        this.#refresh(line);
        await line.end.promise;
        if (line.item.state === 'moved' || line.item.state === 'gone') return;
        wrapper.skip(wrapper.title);
      },
    };
  }

  #refresh(line: Line): void {
    if (line.wrapper) line.wrapper.title = `${line.name}: ${itemText(line.item, line.percent)}`;
    if (isSettled(line.item)) line.end.resolve();
  }
}
