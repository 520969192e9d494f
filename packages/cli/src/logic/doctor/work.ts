/** What is under way or lies there: pools, images, rules, operations; and the room that is left where a host is lost. */
import { headroomOf, loadCluster } from '@drover/core';
import type { api } from '@drover/protocol';
import { formatAge } from '../durations.ts';
import { labelOf } from '../image-view.ts';
import { subjectOf, whyOf } from '../operation-view.ts';
import { formatMib } from '../sizes.ts';
import { type Check, fail, namesOf, ok, orElse, warn } from './check.ts';

type Pool = api.PoolBody;
type Operation = api.OperationBody;

const pendingMostMs = 5 * 60_000;
const runningMostMs = 3_600_000;
const recentMs = 24 * 3_600_000;
const failuresMost = 3;

export function poolChecks(pools: readonly Pool[]): readonly Check[] {
  if (pools.length === 0) return [ok('pools', 'none is declared')];
  return pools.flatMap((pool) => {
    const found = [...hostsOf(pool), ...alarmsOf(pool), ...doctorOf(pool)];
    return orElse(
      found.map((one) => ({ ...one, check: `pool ${pool.name}` })),
      ok(`pool ${pool.name}`, summary(pool)),
    );
  });
}

function summary({ status }: Pool): string {
  if (status === undefined) return '';
  const { hosts, freeMib, capacityMib, protectedBy } = status;
  const room = `${formatMib(freeMib)} of ${formatMib(capacityMib)} free`;
  return `reachable on ${hosts.length} hosts, ${room}, protected by ${protectedBy}`;
}

function hostsOf({ name, status }: Pool): readonly Check[] {
  if (status === undefined) return [warn('', 'how it is, nobody says while nobody leads')];
  return status.hosts
    .filter(({ condition }) => condition !== 'reachable')
    .map(({ hostId, condition, reason }) => {
      const why = reason === undefined ? '' : `: ${reason}`;
      return fail('', `${condition} on ${hostId}${why}`, `drover pool doctor ${name}`);
    });
}

function alarmsOf({ name, status }: Pool): readonly Check[] {
  return (status?.alarms ?? []).map(({ message }) => warn('', message, `drover pool show ${name}`));
}

function doctorOf({ name, doctor }: Pool): readonly Check[] {
  if (doctor === undefined) {
    return [warn('', 'its doctor was never asked', `drover pool doctor ${name}`)];
  }
  return doctor.findings
    .filter(({ level }) => level !== 'good')
    .map(({ level, hostId, message, remedy }) => {
      const make = level === 'bad' ? fail : warn;
      return make('', hostId === undefined ? message : `${hostId}: ${message}`, remedy);
    });
}

export function imageChecks(images: readonly api.ImageBody[]): readonly Check[] {
  const found = images
    .filter(({ state }) => state === 'altered' || state === 'failed')
    .map((image) => {
      const verb = image.state === 'altered' ? 'verify' : 'show';
      const label = labelOf(image);
      return warn(
        `image ${label}`,
        `${image.state}: it gives no clones`,
        `drover image ${verb} ${label}`,
      );
    });
  return orElse(found, ok('images', `${images.length}, none altered or failed`));
}

export function ruleChecks(rules: readonly api.RuleBody[]): readonly Check[] {
  const found = rules.flatMap(({ name, spec, status }) =>
    status?.state === 'broken'
      ? [
          warn(
            `rule ${name}`,
            `${spec.strength}, broken by ${namesOf(status.brokenBy.map((vm) => vm.name))}`,
            `drover rule enforce ${name}`,
          ),
        ]
      : [],
  );
  return orElse(found, ok('rules', `${rules.length}, none broken`));
}

export interface Work {
  readonly waiting: readonly Operation[];
  readonly running: readonly Operation[];
  /** The newest ones, however they are. */
  readonly newest: readonly Operation[];
}

/** `nowMs`: by the API’s clock. */
export function operationChecks(
  { waiting, running, newest }: Work,
  nowMs: number,
): readonly Check[] {
  const late = (one: Operation, mostMs: number) => nowMs - one.createdAtMs > mostMs;
  const stuck = [
    ...waiting.filter((one) => late(one, pendingMostMs)),
    ...running.filter((one) => late(one, runningMostMs)),
  ].map((one) => {
    const why = whyOf(one) === '' ? '' : `: ${whyOf(one)}`;
    const since = formatAge(nowMs, one.createdAtMs);
    const doing = one.state === 'pending' ? 'waits' : `is in step ${one.step}`;
    const next = `drover operation show ${one.id}`;
    return warn(
      `operation ${one.id}`,
      `${one.type} of ${subjectOf(one)} ${doing}, for ${since}${why}`,
      next,
    );
  });
  const failed = newest.filter(
    (one, index) => isTrouble(one, nowMs) && !mended(one, newest.slice(0, index)),
  );
  const told = failed.slice(0, failuresMost).map((one) => {
    const ago = formatAge(nowMs, one.endedAtMs ?? one.createdAtMs);
    const what = `${one.type} of ${subjectOf(one)} ${one.state} ${ago} ago: ${whyOf(one)}`;
    return warn(`operation ${one.id}`, what, `drover operation show ${one.id}`);
  });
  const more = failed.length - told.length;
  const rest =
    more > 0
      ? [
          warn(
            'operations',
            `${more} more have failed since yesterday`,
            'drover operation list --state failed',
          ),
        ]
      : [];
  const all = `${waiting.length} wait, ${running.length} run, none too long; none failed since yesterday`;
  return orElse([...stuck, ...told, ...rest], ok('operations', all));
}

function isTrouble({ state, endedAtMs, createdAtMs, parentId }: Operation, nowMs: number): boolean {
  const isBad = state === 'failed' || state === 'blocked';
  return isBad && parentId === undefined && nowMs - (endedAtMs ?? createdAtMs) < recentMs;
}

/** The same was done since, with success; or what it was about is deleted, and nobody misses it. */
function mended(failed: Operation, later: readonly Operation[]): boolean {
  return later.some(
    (one) =>
      one.state === 'succeeded' &&
      (one.type === failed.type || one.type === endOf(failed)) &&
      subjectOf(one) === subjectOf(failed),
  );
}

/** What deletes its subject. */
function endOf({ type }: Operation): Operation['type'] {
  if (type.startsWith('image-')) return 'image-delete';
  return type.startsWith('volume-') ? 'volume-delete' : 'delete';
}

/** From a dump: may any one host be lost with every VM started again elsewhere? */
export function headroomCheck(dump: string): Check {
  const { bears, atRisk } = headroomOf(loadCluster(dump), { upTo: 1 });
  if (bears > 0) return ok('headroom', 'any one host may be lost: every VM finds another place');
  const [first] = atRisk;
  if (first === undefined) return ok('headroom', 'no host is up');
  const hosts = namesOf(atRisk.map(({ hostIds }) => hostIds.join(' and ')));
  const left = namesOf(first.left.map(({ vmName }) => vmName));
  const what = `the loss of ${hosts} is not borne: of ${first.hostIds.join(' and ')} no place for ${left}`;
  return warn(
    'headroom',
    what,
    'add a host, uncordon one, or stop VMs; drover explain VM says why',
  );
}
