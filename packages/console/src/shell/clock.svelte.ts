/** The time, ticking once a second, and times as the viewer’s place and language write them. */
class Clock {
  nowMs = $state(Date.now());

  constructor() {
    setInterval(() => {
      if (!document.hidden) this.nowMs = Date.now();
    }, 1000);
    document.addEventListener('visibilitychange', () => (this.nowMs = Date.now()));
  }
}

export const clock = new Clock();

const time = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const dateTime = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });

/** Of today without the date. */
export function timeText(ms: number): string {
  const isToday = new Date(ms).toDateString() === new Date().toDateString();
  return (isToday ? time : dateTime).format(ms);
}

export const fullTimeText = (ms: number): string => full.format(ms);
export const isoTime = (ms: number): string => new Date(ms).toISOString();
