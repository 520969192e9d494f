/**
 * For tests of code that uses `node-libvirt`: a scripted daemon that speaks the real protocol.
 */
export { FakeDaemon, type FakeDaemonOptions, type Handler, type Handlers } from './fake-daemon.ts';
export { FakeConnection, type SeenCall } from './fake-connection.ts';
export { messageStatus, messageType, type Header, type Packet } from '../protocol/header.ts';
export type { EventWireOf } from '../protocol/events.ts';
