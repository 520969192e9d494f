/** `npm run check`: exit code 1 where any check failed. */
import { runChecks } from './commands.ts';

const judged = await runChecks();
process.exit(judged.every((one) => one.ok) ? 0 : 1);
