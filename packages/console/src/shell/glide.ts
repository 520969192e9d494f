/** A tile that goes from one host glides to the other; who wants less motion sees it change place. */
import { cubicInOut } from 'svelte/easing';
import { crossfade } from 'svelte/transition';

const isCalm = matchMedia('(prefers-reduced-motion: reduce)');

export const [send, receive] = crossfade({
  duration: () => (isCalm.matches ? 0 : 900),
  easing: cubicInOut,
  // Comes or goes for another reason than a move.
  fallback: (_node, params) => {
    const { key = '' } = params as { readonly key?: string };
    const isHalf = key.endsWith(' arriving');
    return { duration: isCalm.matches || isHalf ? 0 : 200, css: (t) => `opacity: ${t}` };
  },
});
