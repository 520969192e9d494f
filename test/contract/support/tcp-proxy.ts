/** Stands between a client and a server on loopback, to cut one client off, to lose its answers, or to break a stream. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** Blocked: open connections are torn down, new ones too. */
  setBlocked(blocked: boolean): void;
  /** Deaf: requests get through and answers do not. Open connections are torn down at its end. */
  setDeaf(deaf: boolean): void;
  /** Tears down, once, the connection that has received this many bytes. Resolves when it did. */
  cutAfter(bytes: number): Promise<void>;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let blocked = false;
  let deaf = false;
  let cut: { readonly after: number; readonly done: () => void } | undefined;

  const server = createServer((client) => {
    if (blocked) return void client.destroy();
    const target = connect(targetPort, '127.0.0.1');
    let received = 0;
    for (const socket of [client, target]) {
      sockets.add(socket);
      // Whatever happens to the one happens to the other.
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        target.destroy();
      });
    }
    client.on('data', (data) => target.write(data));
    target.on('data', (data) => {
      if (deaf) return;
      const room = cut ? cut.after - received : Infinity;
      received += data.length;
      if (data.length < room) return void client.write(data);
      client.end(data.subarray(0, room));
      target.destroy();
      cut?.done();
      cut = undefined;
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });

  const tearDown = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    setBlocked: (value) => {
      blocked = value;
      if (blocked) tearDown();
    },
    setDeaf: (value) => {
      deaf = value;
      // What they have missed they can never make up for.
      if (!deaf) tearDown();
    },
    cutAfter: (after) =>
      new Promise((done) => {
        cut = { after, done };
      }),
    async [Symbol.asyncDispose]() {
      tearDown();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
