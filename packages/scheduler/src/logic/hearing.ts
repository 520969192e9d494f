/**
 * Whether this leader hears at all. That every host falls silent at the same time says more of the leader's own
 * connection than of the hosts; while it lasts, and until each has had its time to be heard again, silence is no news.
 */
import type { HostWatch } from './host-watch.ts';
import type { SchedulerSettings } from './port.ts';

type Times = Pick<SchedulerSettings, 'suspectAfterMs' | 'downAfterMs' | 'startupGraceMs'>;

export class Hearing {
  readonly #times: Times;
  #lastMs: number | undefined;
  /** Since when there has been no silence of all. */
  #sinceMs = Number.NEGATIVE_INFINITY;

  constructor(times: Times) {
    this.#times = times;
  }

  /** A host has said something. */
  hear(nowMs: number): void {
    const { suspectAfterMs } = this.#times;
    if (this.#lastMs !== undefined && nowMs - this.#lastMs >= suspectAfterMs) this.#sinceMs = nowMs;
    this.#lastMs = nowMs;
  }

  /**
   * What silence says of hosts can be believed. Of one host alone, its own silence is as likely; and after
   * `downAfterMs` all of them are down as far as anybody here can tell.
   */
  isTrusted(nowMs: number, known: readonly string[], hosts: HostWatch): boolean {
    const { suspectAfterMs, downAfterMs, startupGraceMs } = this.#times;
    if (this.#lastMs === undefined || known.length < 2) return true;
    const silentMs = nowMs - this.#lastMs;
    if (silentMs >= suspectAfterMs) return silentMs >= downAfterMs;
    if (nowMs - this.#sinceMs >= startupGraceMs) return true;
    return known.every((id) => {
      const heardMs = hosts.get(id)?.lastHeardMs ?? Number.NEGATIVE_INFINITY;
      return heardMs >= this.#sinceMs || nowMs - heardMs >= downAfterMs;
    });
  }
}
