/**
 * A day of one thing's use, a row for each minute: when, how often was looked, and of each series the mean and the most.
 * Minutes only go up; the oldest makes room for the newest. What is kept of whom is usage-history.ts.
 */
import { type UsageColumns, type UsageGrid, usageKeptMs, type UsageSeries } from '@drover/protocol';

export const minuteMs = 60_000;
/** Minutes that a ring has room for. */
export const minutesKept = usageKeptMs / minuteMs;

/** How often was looked, then mean and most of each series; null: none of the looks said. */
export type UsageRow = readonly (number | null)[];

const nothing = 0xffff_ffff;
const firstRoom = 32;

export class UsageRing {
  readonly #series: readonly UsageSeries[];
  readonly #width: number;
  #cells: Uint32Array;
  #start = 0;
  #count = 0;

  constructor(series: readonly UsageSeries[]) {
    this.#series = series;
    this.#width = 2 + 2 * series.length;
    this.#cells = new Uint32Array(firstRoom * this.#width);
  }

  get count(): number {
    return this.#count;
  }

  /** Nothing: there are none. */
  get newestMinute(): number | undefined {
    return this.#count === 0 ? undefined : this.#cells[this.#at(this.#count - 1)];
  }

  /** One that is there already is told more of; one before the newest is too late. */
  add(minute: number, row: UsageRow): void {
    const newest = this.newestMinute;
    if (newest !== undefined && minute < newest) return;
    if (newest === minute) return this.#put(this.#count - 1, minute, this.#joined(row));
    if (this.#count === this.#room && this.#room < minutesKept) this.#grow();
    if (this.#count < this.#room) this.#count += 1;
    else this.#start = (this.#start + 1) % this.#room;
    this.#put(this.#count - 1, minute, row);
  }

  /** The clock was wrong: what was written under these minutes happened at others. */
  dropFrom(minute: number): void {
    while (this.#count > 0 && (this.newestMinute ?? 0) >= minute) this.#count -= 1;
  }

  /** By minute, oldest first. */
  rows(): readonly (readonly [minute: number, row: UsageRow])[] {
    return Array.from({ length: this.#count }, (_, index) => {
      const from = this.#at(index);
      const [minute = 0, ...row] = this.#cells.subarray(from, from + this.#width);
      return [minute, row.map((cell) => (cell === nothing ? null : cell))] as const;
    });
  }

  /** On the grid; `open`: what was seen of the minute that is not over. */
  read(grid: UsageGrid, open: readonly (readonly [number, UsageRow])[] = []): UsageColumns {
    return onGrid(this.#series, [...this.rows(), ...open], grid);
  }

  get #room(): number {
    return this.#cells.length / this.#width;
  }

  #at(index: number): number {
    return ((this.#start + index) % this.#room) * this.#width;
  }

  #grow(): void {
    const room = Math.min(minutesKept, this.#room * 2);
    const cells = new Uint32Array(room * this.#width);
    cells.set(this.#cells);
    this.#cells = cells;
  }

  #put(index: number, minute: number, row: UsageRow): void {
    const from = this.#at(index);
    this.#cells[from] = minute;
    for (let at = 1; at < this.#width; at += 1) {
      const cell = row[at - 1] ?? null;
      this.#cells[from + at] = cell === null ? nothing : Math.min(cell, nothing - 1);
    }
  }

  #joined(row: UsageRow): UsageRow {
    const [, newest = []] = this.rows().at(-1) ?? [];
    return joinRows(this.#series.length, [newest, row]);
  }
}

/** As if all of it had been seen in one. */
export function joinRows(seriesCount: number, rows: readonly UsageRow[]): UsageRow {
  const joined: (number | null)[] = [rows.reduce((sum, [looks]) => sum + (looks ?? 0), 0)];
  for (let series = 0; series < seriesCount; series += 1) {
    let [weight, sum, most] = [0, 0, 0];
    for (const row of rows) {
      const mean = row[1 + 2 * series] ?? null;
      if (mean === null) continue;
      const looks = Math.max(1, row[0] ?? 0);
      weight += looks;
      sum += mean * looks;
      most = Math.max(most, row[2 + 2 * series] ?? mean);
    }
    joined.push(...(weight === 0 ? [null, null] : [Math.round(sum / weight), most]));
  }
  return joined;
}

/** Where a step has no minute it is a gap, and stays one. */
function onGrid(
  series: readonly UsageSeries[],
  rows: readonly (readonly [minute: number, row: UsageRow])[],
  { fromMs, stepMs, points }: UsageGrid,
): UsageColumns {
  const steps: UsageRow[][] = Array.from({ length: points }, () => []);
  for (const [minute, row] of rows) {
    steps[Math.floor((minute * minuteMs - fromMs) / stepMs)]?.push(row);
  }
  const joined = steps.map((those) => joinRows(series.length, those));
  const columns = series.map((name, at) => {
    const mean = joined.map((row) => row[1 + 2 * at] ?? null);
    const most = joined.map((row) => row[2 + 2 * at] ?? null);
    return [name, { mean, most }] as const;
  });
  return { looks: joined.map(([looks]) => looks ?? 0), ...Object.fromEntries(columns) };
}
