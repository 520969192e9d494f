/** Other people’s programs that a test runs where they are: `npm test` brings them, `npm run unit` may not have them. */
import { execFileSync } from 'node:child_process';

export function isThere(program: string): boolean {
  try {
    execFileSync('sh', ['-c', 'command -v "$1"', 'sh', program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
