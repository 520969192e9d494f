/**
 * Keeps a picture of all domains up to date, whatever happens to the daemon: `node examples/watch.ts [URI]`.
 */
import { connect, isNotFound } from '../src/index.ts';

const [uri = 'qemu:///system'] = process.argv.slice(2);
const ended = new AbortController();
process.once('SIGINT', () => ended.abort());
process.once('SIGTERM', () => ended.abort());

await using libvirt = await connect(uri, {
  onStatus: ({ state, error }) =>
    console.log(`libvirt is ${state}${error ? `: ${error.message}` : ''}`),
});
// First listen, then look: what happens in between is told.
await using events = await libvirt.events(['lifecycle'], { signal: ended.signal });
const states = new Map<string, string>();

async function lookAtAll(): Promise<void> {
  states.clear();
  for (const domain of await libvirt.domains.list()) {
    states.set(domain.name, (await domain.state()).state);
  }
  console.log(Object.fromEntries(states));
}

await lookAtAll();
for await (const event of events) {
  // Something may have been missed: begin anew.
  if (event.name === 'resync') {
    await lookAtAll();
    continue;
  }
  // An event only says where to look.
  const domain = libvirt.domains.of(event.dom);
  try {
    states.set(domain.name, (await domain.state()).state);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    states.delete(domain.name);
  }
  console.log(`${domain.name} ${event.type} (${event.detail}):`, Object.fromEntries(states));
}
