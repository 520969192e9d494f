/**
 * A process that asks pools' directories for the agent: a dead server holds this one's threads, and no other's. It has
 * one for each pool, and ends with the agent.
 */
import { poolFiles, type PoolQuestion } from './pool-files.ts';

const say = (message: object) => {
  // The agent may have gone.
  if (process.connected) process.send?.(message);
};

process.on('disconnect', () => process.exit(0));
process.on('message', (question: PoolQuestion & { readonly id: number }) => {
  void poolFiles(question).then((files) => say({ id: question.id, files }));
});
say({ ready: true });
