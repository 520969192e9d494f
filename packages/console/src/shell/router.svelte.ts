/** Which page is shown. Links are ordinary links; those to our own pages change the page without loading it anew. */
import { type Route, routeOfPath, titleOf } from '../logic/routes.ts';

class Router {
  path = $state(location.pathname);
  query = $state.raw(new URLSearchParams(location.search));
  readonly route: Route = $derived(routeOfPath(this.path));

  constructor() {
    addEventListener('popstate', () => this.#read());
    document.addEventListener('click', (event) => this.#clicked(event));
    document.title = `${titleOf(routeOfPath(location.pathname))} · Drover`;
  }

  go(href: string): void {
    if (href !== location.pathname + location.search) history.pushState(null, '', href);
    this.#read();
    scrollTo(0, 0);
    // Who cannot see the page change hears its title.
    document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true });
  }

  /** A filter that belongs into the address, so that the link shows the same. */
  setQuery(name: string, value: string): void {
    const query = new URLSearchParams(location.search);
    if (value === '') query.delete(name);
    else query.set(name, value);
    const text = query.toString();
    history.replaceState(null, '', location.pathname + (text === '' ? '' : `?${text}`));
    this.query = query;
  }

  #read(): void {
    this.path = location.pathname;
    this.query = new URLSearchParams(location.search);
    document.title = `${titleOf(routeOfPath(this.path))} · Drover`;
  }

  #clicked(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest('a');
    if (!link || link.target !== '' || link.origin !== location.origin || link.hash !== '') return;
    if (link.hasAttribute('download') || link.pathname.startsWith('/v1')) return;
    event.preventDefault();
    this.go(link.pathname + link.search);
  }
}

export const router = new Router();
