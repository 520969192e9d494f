/** Hard rules, for the VM and those that move along with it. */
import { ruleBookOf } from '../../rules/book-of.ts';
import type { FilterInput, No } from './filter.ts';

export function ruleBroken({ cluster, request, host }: FilterInput): No | undefined {
  if ((cluster.rules ?? []).length === 0) return undefined;
  const book = ruleBookOf(cluster);
  // Those that are on their way already are counted where they go.
  const along = (request.along ?? [])
    .flatMap((id) => cluster.vms.get(id) ?? [])
    .filter((vm) => vm.hostId === request.source && vm.state === 'running');
  const members = book.membersAmong([request.shape, ...along]);
  if (members.length === 0) return undefined;
  const source = request.source === undefined ? -1 : book.hostIndex(request.source);
  const broken = book.broken(members, source, book.hostIndex(host.id));
  const rule = broken < 0 ? undefined : book.rule(broken);
  return rule === undefined ? undefined : { required: rule.id, available: rule.type };
}
