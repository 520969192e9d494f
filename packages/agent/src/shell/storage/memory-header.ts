/**
 * The first bytes of a file with a VM's memory, as libvirt writes them: they say that the rest is there only when it is.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

const whole = 'LibvirtQemudSave';

/** False too where it cannot be read. */
export async function isWholeMemory(path: string): Promise<boolean> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(whole.length), 0, whole.length, 0);
    return buffer.toString('latin1', 0, bytesRead) === whole;
  } catch {
    return false;
  }
}
