/**
 * For tests of code that uses `node-libvirt`: a daemon that speaks the real protocol and says what a test
 * scripts, or what was recorded from a real one.
 */
export { FakeDaemon, type FakeDaemonOptions, type Handler, type Handlers } from './fake-daemon.ts';
export { FakeConnection, type SeenCall } from './fake-connection.ts';
export { Recorder } from './recorder.ts';
export {
  formatRecording,
  parseRecording,
  type RecordedCall,
  type RecordedEntry,
  type RecordedEvent,
  type Recording,
} from './recording.ts';
export { replay } from './replay.ts';
export { messageStatus, messageType, type Header, type Packet } from '../protocol/header.ts';
export type { EventWireOf } from '../protocol/events.ts';
