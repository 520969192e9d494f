/**
 * The files that an OVF's disks refer to. Reads two kinds of tags and passes over everything else, in one walk: what it
 * finds only chooses among entries of the archive that were found to be safe already.
 */
const attribute = /(?:^|\s)(?:\w+:)?(id|href|fileRef)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/g;

export function attachedFiles(text: string): ReadonlySet<string> {
  const hrefs = new Map<string, string>();
  const references: string[] = [];
  for (const tag of tagsOf(text)) {
    const space = tag.search(/\s/);
    const name = (space < 0 ? tag : tag.slice(0, space)).replace(/^\w+:/, '');
    if (name !== 'File' && name !== 'Disk') continue;
    const { id, href, fileRef } = attributesOf(tag.slice(space));
    if (name === 'File' && id !== undefined && href !== undefined) hrefs.set(id, href);
    if (name === 'Disk' && fileRef !== undefined) references.push(fileRef);
  }
  return new Set(references.flatMap((id) => hrefs.get(id) ?? []));
}

/** What is between `<` and `>`, comments and literal text left out. Goes forward only. */
function tagsOf(text: string): readonly string[] {
  const tags: string[] = [];
  let at = text.indexOf('<');
  while (at >= 0) {
    const end = endOf(text, at);
    if (end < 0) break;
    const isTag = !text.startsWith('<!', at) && !text.startsWith('<?', at);
    if (isTag) tags.push(text.slice(at + 1, end).replace(/\/$/, ''));
    at = text.indexOf('<', end);
  }
  return tags;
}

function endOf(text: string, at: number): number {
  if (text.startsWith('<!--', at)) return text.indexOf('-->', at + 4);
  if (text.startsWith('<![CDATA[', at)) return text.indexOf(']]>', at + 9);
  return text.indexOf('>', at);
}

function attributesOf(text: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [, name = '', double, single] of text.matchAll(attribute)) {
    found[name] = plain(double ?? single ?? '');
  }
  return found;
}

function plain(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}
