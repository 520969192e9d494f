/** Keys that work on every page: `/`, `?`, and `g` with a letter. None of them while somebody types. */
import { pages } from '../logic/pages.ts';
import { router } from './router.svelte.ts';

const goWithinMs = 1_200;

class Shortcuts {
  isFinding = $state(false);
  isHelping = $state(false);
  #goUntil = 0;

  pressed(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return;
    if (isTyping(event.target) || document.querySelector('dialog[open]') !== null) return;
    const { key } = event;
    const goes =
      performance.now() < this.#goUntil ? pages.find((one) => one.key === key) : undefined;
    this.#goUntil = 0;
    if (goes !== undefined) router.go(goes.href);
    else if (key === 'g') this.#goUntil = performance.now() + goWithinMs;
    else if (key === '/') this.isFinding = true;
    else if (key === '?') this.isHelping = true;
    else if (key === 'n') router.go('/vms/new');
    else return;
    event.preventDefault();
  }
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('input, textarea, select, [contenteditable]') !== null
  );
}

export const shortcuts = new Shortcuts();
