/**
 * For a library that writes its styles into elements of its own: the page's policy lets no such element have an effect. While
 * `work` runs, it is given others in their place, and what is written into them goes where a script may put it.
 */
export function withOwnStyles<T>(work: () => T): T {
  const make = (name: string, options?: ElementCreationOptions) =>
    Document.prototype.createElement.call(document, name, options);
  const makeOther = (name: string, options?: ElementCreationOptions) =>
    name === 'style' ? standIn(make('div')) : make(name, options);
  Object.defineProperty(document, 'createElement', { value: makeOther, configurable: true });
  try {
    return work();
  } finally {
    // What all documents have is found again.
    Reflect.deleteProperty(document, 'createElement');
  }
}

function standIn(element: HTMLElement): HTMLElement {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  element.hidden = true;
  Object.defineProperty(element, 'textContent', {
    get: () => '',
    set(text: string) {
      sheet.replaceSync(text);
    },
  });
  const remove = element.remove.bind(element);
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
    remove();
  };
  return element;
}
