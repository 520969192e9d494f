/** The number of a file, as a message can carry it: those of some file systems have 64 bits, and what is left tells two files apart as well. */
export function inodeOf(inode: number): number {
  return inode <= Number.MAX_SAFE_INTEGER ? inode : inode % 2 ** 53;
}
