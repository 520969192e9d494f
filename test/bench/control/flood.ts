/** A process of its own that sends heartbeats of a thousand hosts as fast as it can: its arguments are server and count. */
import { subjects } from '@drover/protocol';
import { connect } from '@nats-io/transport-node';

const [, , url = '', count = '0'] = process.argv;
const connection = await connect({ servers: [url] });
const hosts = Array.from({ length: 1_000 }, (_, at) => `n${String(at).padStart(4, '0')}`);
const text = JSON.stringify({
  v: 1,
  seq: 123_456,
  bootId: 'n0000-boot',
  incarnation: '0b7b7c3e-1f5c-4a43-9d3b-3f8f9f0a1c22',
  nonce: '5d41402abc4b2a76b9719d911017c592-123456',
  maxEpoch: '5',
  state: 'ready',
  reasons: [],
  vmDigest: '9e107d9d372bb682',
  usage: {
    cpuMilli: 12_000,
    memoryMib: 65_536,
    cpuPressurePermille: 12,
    memoryPressurePermille: 0,
  },
});
const payload = new TextEncoder().encode(text);
for (let sent = 0; sent < Number(count); sent += 1) {
  connection.publish(subjects.agent(hosts[sent % hosts.length] ?? '', 'heartbeat'), payload);
  if (sent % 1_000 === 0) await connection.flush();
}
await connection.drain();
