/** Light or dark: as the system says, until a person says otherwise. */
export type Theme = 'system' | 'light' | 'dark';
const key = 'drover-theme';

class ThemeChoice {
  chosen = $state<Theme>(read());

  constructor() {
    this.#apply();
  }

  choose(theme: Theme): void {
    this.chosen = theme;
    localStorage.setItem(key, theme);
    this.#apply();
  }

  #apply(): void {
    const root = document.documentElement;
    if (this.chosen === 'system') delete root.dataset['theme'];
    else root.dataset['theme'] = this.chosen;
  }
}

function read(): Theme {
  const kept = localStorage.getItem(key);
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

export const theme = new ThemeChoice();
