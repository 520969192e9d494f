/** The pages that one goes to by themselves: in the navigation, by keys, and among what is found. */

export interface PageEntry {
  readonly href: string;
  readonly label: string;
  readonly icon:
    | 'hosts'
    | 'vms'
    | 'migrations'
    | 'balance'
    | 'rules'
    | 'pools'
    | 'images'
    | 'operations'
    | 'events'
    | 'settings';
  /** After `g`. */
  readonly key: string;
}

export const pages: readonly PageEntry[] = [
  { href: '/', label: 'Hosts', icon: 'hosts', key: 'h' },
  { href: '/vms', label: 'VMs', icon: 'vms', key: 'v' },
  { href: '/migrations', label: 'Migrations', icon: 'migrations', key: 'm' },
  {
    href: '/recommendations',
    label: 'Balance',
    icon: 'balance',
    key: 'b',
  },
  { href: '/rules', label: 'Rules', icon: 'rules', key: 'r' },
  { href: '/pools', label: 'Pools', icon: 'pools', key: 'p' },
  { href: '/images', label: 'Images', icon: 'images', key: 'i' },
  { href: '/operations', label: 'Operations', icon: 'operations', key: 'o' },
  { href: '/events', label: 'Events', icon: 'events', key: 'e' },
  { href: '/settings', label: 'Settings', icon: 'settings', key: 's' },
];
