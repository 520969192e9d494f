/**
 * A disk of one sector whose VM is all that a migration and a power button need: it fills 24 MiB of memory, so that
 * moving it takes a while, then waits for the power button and switches itself off.
 */
const sector =
  // Reach all memory: a flat segment, back in real mode; the address line 20.
  'fa31c08ed8660f01165b7c0f20c00c010f22c0bb08008edb24fe0f22c0e4920c02e692' +
  // From 4 MiB on, 6 million times four bytes, each its own address.
  '66bf0000400066b9000060006766893f6683c704664975f4' +
  // No interrupts but the clock; the button may set its bit; until it has, halt.
  'b0ffe6a1ba0206b80001effbf4ba0006edf6c40174f6' +
  // Soft off; what describes the flat segment.
  'ba0406b80020eff4ebfd0f00687c00008db400008d74000000000000000000ffff00000092cf00';

export function listeningDisk(): Buffer {
  // The firmware reads no disk of one sector: it has no geometry.
  const disk = Buffer.alloc(1024 * 1024);
  Buffer.from(sector, 'hex').copy(disk);
  disk.writeUInt16LE(0xaa55, 510);
  return disk;
}
