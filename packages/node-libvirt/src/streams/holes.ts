/**
 * Where a run of bytes is only zeroes, in whole blocks. What is done with the holes is left to the caller.
 */
import type { StreamPiece } from '../connection/stream.ts';

/** What file systems and images have their holes in units of. */
export const holeBlockBytes = 65_536;

const zeroBlock = Buffer.alloc(holeBlockBytes);

/** The bytes as data and holes, in order; a hole begins and ends at a block's border. */
export function* splitHoles(bytes: Buffer): Generator<StreamPiece, void, undefined> {
  let dataFrom = 0;
  let holeFrom = 0;
  for (let at = 0; at < bytes.length; at += holeBlockBytes) {
    const end = Math.min(at + holeBlockBytes, bytes.length);
    if (isZero(bytes, at, end)) continue;
    if (at > holeFrom) {
      if (holeFrom > dataFrom) yield bytes.subarray(dataFrom, holeFrom);
      yield { hole: at - holeFrom };
      dataFrom = at;
    }
    holeFrom = end;
  }
  if (holeFrom > dataFrom) yield bytes.subarray(dataFrom, holeFrom);
  if (bytes.length > holeFrom) yield { hole: bytes.length - holeFrom };
}

function isZero(bytes: Buffer, from: number, to: number): boolean {
  return bytes.compare(zeroBlock, 0, to - from, from, to) === 0;
}
