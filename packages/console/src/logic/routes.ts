/** Addresses of the console, and what they show. Each page has one, so that it can be sent to somebody. */

export type Route =
  | {
      readonly page:
        | 'map'
        | 'vms'
        | 'new-vm'
        | 'migrations'
        | 'recommendations'
        | 'rules'
        | 'pools'
        | 'images'
        | 'operations'
        | 'events'
        | 'settings';
    }
  | { readonly page: 'vm' | 'host' | 'drain' | 'pool' | 'operation'; readonly id: string }
  | { readonly page: 'vm-console'; readonly id: string; readonly type: 'vnc' | 'serial' }
  | { readonly page: 'not-found'; readonly path: string };

const plain = {
  '': 'map',
  vms: 'vms',
  migrations: 'migrations',
  recommendations: 'recommendations',
  rules: 'rules',
  pools: 'pools',
  images: 'images',
  operations: 'operations',
  events: 'events',
  settings: 'settings',
} as const;

const ofOne = { vms: 'vm', hosts: 'host', pools: 'pool', operations: 'operation' } as const;

/** `path` is an address without host, query and fragment. */
export function routeOfPath(path: string): Route {
  const [first = '', second, third, ...more] = path.replace(/^\/|\/$/g, '').split('/');
  const id = second === undefined ? undefined : decoded(second);
  if (second === undefined && Object.hasOwn(plain, first)) {
    return { page: plain[first as keyof typeof plain] };
  }
  if (first === 'vms' && second === 'new' && third === undefined) return { page: 'new-vm' };
  if (id !== undefined && first === 'vms' && third === 'console' && more.length <= 1) {
    const [type = 'vnc'] = more;
    if (type === 'vnc' || type === 'serial') return { page: 'vm-console', id, type };
  }
  if (id !== undefined && id !== '' && more.length === 0) {
    if (first === 'hosts' && third === 'drain') return { page: 'drain', id };
    if (third === undefined && Object.hasOwn(ofOne, first)) {
      return { page: ofOne[first as keyof typeof ofOne], id };
    }
  }
  return { page: 'not-found', path };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

const section: Readonly<Record<Route['page'], string>> = {
  map: '/',
  host: '/',
  drain: '/',
  vms: '/vms',
  vm: '/vms',
  'new-vm': '/vms',
  'vm-console': '/vms',
  migrations: '/migrations',
  recommendations: '/recommendations',
  rules: '/rules',
  pools: '/pools',
  pool: '/pools',
  images: '/images',
  operations: '/operations',
  operation: '/operations',
  events: '/events',
  settings: '/settings',
  'not-found': '',
};

/** The entry of the navigation that a page belongs to. */
export const sectionOf = (route: Route): string => section[route.page];

export function titleOf(route: Route): string {
  switch (route.page) {
    case 'map':
      return 'Hosts';
    case 'vms':
      return 'VMs';
    case 'new-vm':
      return 'New VM';
    case 'migrations':
      return 'Migrations';
    case 'recommendations':
      return 'Balance';
    case 'rules':
      return 'Rules';
    case 'pools':
      return 'Pools';
    case 'images':
      return 'Images';
    case 'operations':
      return 'Operations';
    case 'events':
      return 'Events';
    case 'settings':
      return 'Settings';
    case 'drain':
      return `Drain ${route.id}`;
    case 'vm-console':
      return `${route.id}: ${route.type === 'vnc' ? 'screen' : 'serial line'}`;
    case 'vm':
    case 'host':
    case 'pool':
    case 'operation':
      return route.id;
    case 'not-found':
      return 'Not found';
  }
}
