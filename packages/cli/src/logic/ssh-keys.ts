/** The keys in a file of public ones. A private one is never sent anywhere, and its text is not shown. */
import { parseValue, SshKey } from '@drover/protocol';
import { UsageError } from './usage-error.ts';

/** One a line; empty lines and comments are passed over. */
export function publicKeysOf(path: string, text: string): readonly string[] {
  if (text.includes('PRIVATE KEY')) {
    throw new UsageError(
      `--ssh-key: ${path} is a private key, which stays with you: give the file that ends in .pub`,
    );
  }
  const lines = text.split('\n').map((line) => line.trim());
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (keys.length === 0) throw new UsageError(`--ssh-key: there is no key in ${path}`);
  for (const key of keys) {
    if (parseValue(SshKey, key).ok) continue;
    const line = lines.indexOf(key) + 1;
    throw new UsageError(
      `--ssh-key: line ${line} of ${path} is no public key: give one as ssh-keygen writes it, without options before it`,
    );
  }
  return keys;
}
