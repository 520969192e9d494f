/**
 * Moves a domain to another host, with progress; Ctrl-C calls it off, and the domain stays:
 * `node examples/migrate.ts URI DOMAIN DESTINATION-URI [MEMORY-URI]`.
 */
import { connect, isOperationAborted } from '../src/index.ts';

const [uri, name, destinationUri, migrateUri] = process.argv.slice(2);
if (uri === undefined || name === undefined || destinationUri === undefined) {
  console.error('usage: node examples/migrate.ts URI DOMAIN DESTINATION-URI [MEMORY-URI]');
  process.exit(64);
}
const calledOff = new AbortController();
process.once('SIGINT', () => calledOff.abort());

await using libvirt = await connect(uri);
const domain = await libvirt.domains.byName(name);
const progress = setInterval(() => {
  domain.job.stats().then(
    ({ memoryRemainingBytes = 0 }) =>
      console.log(`${Math.round(memoryRemainingBytes / 2 ** 20)} MiB remain`),
    () => undefined,
  );
}, 1000);
try {
  await domain.migrate(
    { destinationUri, ...(migrateUri === undefined ? {} : { migrateUri }) },
    { signal: calledOff.signal },
  );
  console.log(`${name} has moved`);
} catch (error) {
  if (!isOperationAborted(error)) throw error;
  console.log(`${name} stays`);
} finally {
  clearInterval(progress);
}
