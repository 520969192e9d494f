/**
 * The programs that share one connection, by number. Each counts its procedures from 1 on its own; the
 * version of each has always been 1.
 */
export const program = {
  remote: 0x2000_8086,
  qemu: 0x2000_8087,
  keepalive: 0x6b65_6570,
} as const;

export type ProgramName = keyof typeof program;

export const programVersion = 1;

/** Procedures of the keepalive program; messages without payload, serial 0. */
export const keepaliveProcedure = { ping: 1, pong: 2 } as const;
