/** Our own few signs: what a pen of 1.3 draws in a square of 16. */
export const shapes = {
  hosts: 'M2.5 2.5h3v11h-3z M6.5 2.5h3v11h-3z M10.5 2.5h3v11h-3z M2.5 9h3 M6.5 11h3 M10.5 6h3',
  vms: 'M2.5 3h11v7.5h-11z M5.5 13.5h5 M8 10.5v3',
  migrations: 'M2.5 5h9 M9 2.5 11.5 5 9 7.5 M13.5 11h-9 M7 8.5 4.5 11 7 13.5',
  balance: 'M8 2.5v11 M5 13.5h6 M3 4.5h10 M3 4.5 1.5 9h3z M13 4.5 11.5 9h3z',
  rules:
    'M4 2.5a1.75 1.75 0 1 0 0 3.5 1.75 1.75 0 0 0 0-3.5z M12 2.5a1.75 1.75 0 1 0 0 3.5 1.75 1.75 0 0 0 0-3.5z M4 6v7.5 M12 6v7.5 M4 10h3 M9 10h3 M8 8.5v3',
  pools:
    'M3 4.2c0-2.3 10-2.3 10 0s-10 2.3-10 0z M3 4.2v7.6c0 2.3 10 2.3 10 0V4.2 M3 8c0 2.3 10 2.3 10 0',
  images: 'M8 2 13.5 4.8v6.4L8 14l-5.5-2.8V4.8z M2.5 4.8 8 7.6l5.5-2.8 M8 7.6V14',
  operations: 'M2.5 4l1 1 1.8-2 M2.5 8.5l1 1 1.8-2 M2.5 13l1 1 1.8-2 M8 4h5.5 M8 8.5h5.5 M8 13h5.5',
  events: 'M1.5 8h3l2-5 3 10 2-5h3',
  settings: 'M2.5 4.5h6 M11.5 4.5h2 M10 3v3 M2.5 11.5h2 M7.5 11.5h6 M6 10v3',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9z M10.3 10.3 13.5 13.5',
  copy: 'M5.5 5.5h8v8h-8z M10.5 5.5v-3h-8v8h3',
  check: 'M3 8.5 6.5 12 13 4.5',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6z M8 1.5v1.3 M8 13.2v1.3 M1.5 8h1.3 M13.2 8h1.3 M3.4 3.4l.9.9 M11.7 11.7l.9.9 M3.4 12.6l.9-.9 M11.7 4.3l.9-.9',
  moon: 'M13 9.6A5.5 5.5 0 0 1 6.4 3 5.5 5.5 0 1 0 13 9.6z',
  screen: 'M2 3h12v8H2z M6 13.5h4',
  leave: 'M6.5 2.5h-4v11h4 M6 8h7.5 M10.5 5 13.5 8l-3 3',
  plus: 'M8 3v10 M3 8h10',
  arrow: 'M3 8h10 M9.5 4.5 13 8l-3.5 3.5',
  warning: 'M8 2.5 14.5 13.5h-13z M8 6.5v3.2 M8 11.6v.2',
  close: 'M4 4l8 8 M12 4l-8 8',
  more: 'M3 4.5h10 M3 8h10 M3 11.5h10',
  help: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2z M6.2 6.3c.2-2.4 3.8-2 3.6.2-.1 1.3-1.8 1.4-1.8 2.7 M8 11.2v.2',
} as const;

export type IconName = keyof typeof shapes;
