/**
 * What each address of the API promises to answer with: every answer that an end-to-end test receives is held
 * against it, so that what the real cluster says is what the OpenAPI file says.
 */
import { api, parseValue } from '@drover/protocol';

type Schema = Parameters<typeof parseValue>[0];

const listOf = (schema: Schema) => api.ListOf(schema, 'List');

/** The first row that fits decides; query strings are not looked at. */
const promised: readonly (readonly [method: string, path: RegExp, status: number, Schema])[] = [
  ['GET', /^\/v1\/hosts$/, 200, listOf(api.HostBody)],
  ['GET', /^\/v1\/hosts\/[^/]+$/, 200, api.HostBody],
  ['POST', /^\/v1\/hosts\/[^/]+\/cordon$/, 200, api.HostBody],
  ['DELETE', /^\/v1\/hosts\/[^/]+\/cordon$/, 200, api.HostBody],
  ['POST', /^\/v1\/hosts\/[^/]+\/drain$/, 200, api.DrainPlanBody],
  ['POST', /^\/v1\/hosts\/[^/]+\/drain$/, 202, api.OperationBody],
  ['GET', /^\/v1\/hosts\/[^/]+\/drain$/, 200, api.OperationBody],
  ['DELETE', /^\/v1\/hosts\/[^/]+\/drain$/, 202, api.OperationBody],
  ['DELETE', /^\/v1\/hosts\/[^/]+$/, 200, api.Rehearsal],
  ['DELETE', /^\/v1\/hosts\/[^/]+$/, 202, api.OperationBody],
  ['POST', /^\/v1\/hosts\/[^/]+\/recover$/, 202, api.OperationBody],
  ['GET', /^\/v1\/vms$/, 200, listOf(api.VmBody)],
  ['POST', /^\/v1\/vms$/, 202, api.VmCreated],
  ['GET', /^\/v1\/vms\/[^/]+$/, 200, api.VmBody],
  ['PATCH', /^\/v1\/vms\/[^/]+$/, 200, api.VmBody],
  ['DELETE', /^\/v1\/vms\/[^/]+$/, 202, api.OperationBody],
  ['GET', /^\/v1\/vms\/[^/]+\/explain$/, 200, api.PlacementBody],
  ['POST', /^\/v1\/vms\/[^/]+\/(start|stop|save|resume|migrate)$/, 202, api.OperationBody],
  ['POST', /^\/v1\/vms\/[^/]+\/migrate$/, 200, api.MovePlanBody],
  ['GET', /^\/v1\/rules$/, 200, listOf(api.RuleBody)],
  ['POST', /^\/v1\/rules$/, 201, api.RuleBody],
  ['GET', /^\/v1\/rules\/[^/]+$/, 200, api.RuleBody],
  ['DELETE', /^\/v1\/rules\/[^/]+$/, 200, api.RuleBody],
  ['POST', /^\/v1\/rules\/[^/]+\/enforce$/, 200, api.RulePlanBody],
  ['POST', /^\/v1\/rules\/[^/]+\/enforce$/, 202, api.OperationBody],
  ['POST', /^\/v1\/vms\/[^/]+\/(reboot|pause|unpause|resize)$/, 202, api.OperationBody],
  ['POST', /^\/v1\/vms\/[^/]+\/resize$/, 200, api.VmResizePlan],
  ['POST', /^\/v1\/vms\/[^/]+\/rename$/, 200, api.VmBody],
  ['POST', /^\/v1\/vms\/[^/]+\/clone$/, 202, api.VmCloned],
  ['GET', /^\/v1\/balance$/, 200, api.BalanceBody],
  ['PUT', /^\/v1\/settings\/balance$/, 200, api.BalanceSettingsBody],
  ['GET', /^\/v1\/recommendations$/, 200, listOf(api.RecommendationBody)],
  ['POST', /^\/v1\/recommendations\/[^/]+\/dismiss$/, 200, api.BalanceBody],
  ['GET', /^\/v1\/cluster\/cpu$/, 200, api.ClusterCpuBody],
  ['GET', /^\/v1\/cluster\/headroom$/, 200, api.HeadroomBody],
  ['POST', /^\/v1\/cluster\/cpu$/, 202, api.OperationBody],
  ['POST', /^\/v1\/placements$/, 200, listOf(api.PlacementBody)],
  ['GET', /^\/v1\/migrations$/, 200, listOf(api.MigrationBody)],
  ['DELETE', /^\/v1\/migrations\/[^/]+$/, 202, api.OperationBody],
  ['GET', /^\/v1\/operations$/, 200, listOf(api.OperationBody)],
  ['GET', /^\/v1\/operations\/[^/]+$/, 200, api.OperationBody],
  ['DELETE', /^\/v1\/operations\/[^/]+$/, 202, api.OperationBody],
  ['POST', /^\/v1\/join\/tokens$/, 201, api.JoinTokenCreated],
  ['GET', /^\/v1\/pools$/, 200, listOf(api.PoolBody)],
  ['POST', /^\/v1\/pools$/, 201, api.PoolBody],
  ['GET', /^\/v1\/pools\/[^/]+$/, 200, api.PoolBody],
  ['PATCH', /^\/v1\/pools\/[^/]+$/, 200, api.PoolBody],
  ['DELETE', /^\/v1\/pools\/[^/]+$/, 200, api.PoolBody],
  ['POST', /^\/v1\/pools\/[^/]+\/doctor$/, 202, api.OperationBody],
  ['GET', /^\/v1\/pools\/[^/]+\/orphans$/, 200, api.OrphanList],
  ['DELETE', /^\/v1\/pools\/[^/]+\/orphans\/[^/]+$/, 202, api.OperationBody],
  ['GET', /^\/v1\/images$/, 200, listOf(api.ImageBody)],
  ['POST', /^\/v1\/images$/, 202, api.ImageImported],
  ['GET', /^\/v1\/images\/[^/]+$/, 200, api.ImageBody],
  ['DELETE', /^\/v1\/images\/[^/]+$/, 202, api.OperationBody],
  ['POST', /^\/v1\/images\/[^/]+\/verify$/, 202, api.OperationBody],
  ['GET', /^\/v1\/volumes$/, 200, listOf(api.VolumeBody)],
  ['POST', /^\/v1\/volumes$/, 202, api.VolumeCreated],
  ['DELETE', /^\/v1\/volumes\/[^/]+$/, 202, api.OperationBody],
  ['POST', /^\/v1\/volumes\/[^/]+\/(snapshots|resize|move|download)$/, 202, api.OperationBody],
  ['DELETE', /^\/v1\/volumes\/[^/]+\/snapshots\/[^/]+$/, 202, api.OperationBody],
];

/** What is wrong with an answer, or nothing. Anything but success must be a problem document. */
export function wrongShape(
  method: string,
  path: string,
  status: number,
  body: unknown,
): string | undefined {
  const bare = path.split('?')[0] ?? path;
  if (!bare.startsWith('/v1/')) return undefined;
  const row = promised.find(
    ([rowMethod, pattern, rowStatus]) =>
      rowMethod === method && rowStatus === status && pattern.test(bare),
  );
  const schema = status >= 400 ? api.Problem : row?.[3];
  if (schema === undefined) return `${method} ${bare} promises no ${status}`;
  const parsed = parseValue(schema, body);
  return parsed.ok ? undefined : `${method} ${bare} ${status}: ${parsed.reason}`;
}
