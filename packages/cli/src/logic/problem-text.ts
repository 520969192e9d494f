/**
 * An error as a person reads it: what, why, each host's refusal, the next step, and the code to look up.
 * The words come from the problem document; only the next step, a command of this program, is ours.
 */
import type { api } from '@drover/protocol';
import { oneLine } from './harmless.ts';
import { describeRejection } from './rejections.ts';

export interface ProblemContext {
  /** `GET /v1/vms/web` */
  readonly request: string;
  readonly requestId?: string;
}

export function problemText(problem: api.Problem, context: ProblemContext): readonly string[] {
  const title = oneLine(problem.title);
  const next = nextStep(problem.code, subjectIn(context.request)) ?? retryText(problem.retry);
  // A request that lists them is for who speaks to the API; the next step is the command that does.
  const said = oneLine(problem.detail);
  const detail = next === undefined ? said : said.replace(/; GET \/v1\/\S+ lists them$/, '');
  return [
    `error: ${detail === '' ? title : detail}`,
    ...(problem.errors ?? []).map((one) => `  ${oneLine(one.path)}: ${oneLine(one.message)}`),
    ...(problem.rejections ?? []).map((no) => `  ${describeRejection(no)}`),
    ...(next === undefined ? [] : [`  next: ${next}`]),
    `  code: ${oneLine(problem.code)} (HTTP ${problem.status})` +
      (context.requestId === undefined ? '' : `, request ${oneLine(context.requestId)}`),
  ];
}

const steps: Readonly<Record<string, string>> = {
  unauthenticated: 'give a valid token with --token-file, DROVER_TOKEN_FILE or DROVER_TOKEN',
  forbidden: 'use a token with a higher role, or ask who runs the cluster',
  'route-not-found': 'compare versions with “drover version”; check --api',
  'host-not-found': 'see the hosts with “drover host list”',
  'vm-not-found': 'see the VMs with “drover vm list”',
  'pool-not-found': 'see the pools with “drover pool list”',
  'rule-not-found': 'see the rules with “drover rule list”',
  'rule-conflict': 'see what they say with “drover rule list”; delete one, or make it --soft',
  'rule-broken': 'see who breaks it with “drover rule list”',
  'rule-busy': 'see “drover operation list --type enforce”; try again when it has ended',
  'pool-in-use': 'delete or move what is named; no file is ever deleted with a pool',
  'not-an-orphan': 'see what is one with “drover pool orphans POOL”',
  'orphan-not-found': 'see what is one with “drover pool orphans POOL”',
  'image-not-found': 'see the images with “drover image list”',
  'volume-not-found': 'see the volumes with “drover volume list”',
  'snapshot-not-found': 'see the snapshots with “drover volume show VOLUME”',
  'image-in-use':
    'see what stands on it with “drover image show IMAGE”; or “drover image delete IMAGE --when-unused”',
  'image-not-ready': 'see its state with “drover image show IMAGE”',
  'image-altered': 'put the right file back, then “drover image verify IMAGE”',
  'image-refused': 'convert and flatten it where it was made; docs/images.md says what is refused',
  'checksum-differs': 'compare the checksum with its publisher’s, and begin again',
  'source-refused': 'see the sources with “drover image sources list”',
  'volume-not-ready': 'see its state with “drover volume show VOLUME”',
  'volume-busy': 'see “drover operation list”; try again when it has ended',
  'volume-in-use': 'stop or delete what has it, or take another volume',
  'operation-not-found': 'see the operations with “drover operation list”',
  'recommendation-not-found': 'see what is recommended now with “drover recommendations list”',
  'drain-not-found': 'see what a drain would do with “drover host drain HOST --dry-run”',
  'name-taken': 'choose another name, or delete the old one',
  'vm-busy': 'see “drover operation list”; try again when it has ended',
  'vm-not-running': 'start it with “drover vm start VM”',
  'vm-saved': 'resume it with “drover vm resume VM”, or “drover vm start VM --discard-saved”',
  'resize-needs-restart': 'say it again with --at-next-start; it takes it when it is started next',
  'no-room-to-grow': 'move it first with “drover vm migrate VM”, or say --at-next-start',
  'resize-timeout': 'see that its system has a balloon driver, or say --at-next-start',
  'vm-not-saved': 'see its state with “drover vm show VM”; “drover vm start VM” boots it',
  'memory-gone': 'bring the file back, or “drover vm start VM --discard-saved”',
  'memory-used': 'boot it with “drover vm start VM”',
  'vm-not-paused': 'see its state with “drover vm show VM”',
  'vm-running': 'stop it first with “drover vm stop VM”',
  'drain-under-way':
    'watch it with “drover host drain HOST --watch”, or cancel it with “drover host drain HOST --cancel”',
  'vm-not-blocked': 'see the drain with “drover host drain HOST --watch”',
  'restore-under-way': 'follow it with “drover operation list --type restore”',
  'host-not-down':
    'empty it with “drover host drain HOST”; only one that is off is recovered or forgotten',
  'host-in-use':
    'see “drover vm list” and “drover operation list”; “drover host recover HOST” starts its VMs elsewhere',
  'mass-loss':
    'make sure that its power is off, then “drover host recover HOST --despite-mass-loss”',
  'recovery-under-way': 'follow it with “drover operation list --type recover”',
  'not-cancellable':
    'a move that belongs to a drain is cancelled with “drover host drain HOST --cancel”',
  'no-host-fits': 'see why with “drover explain VM”; uncordon, free or add a host',
  'preflight-failed': 'do what helps; see with “drover vm migrate VM --dry-run” what is left',
  'stop-timeout': 'try again, or pull the plug with “drover vm stop VM --force”',
  'no-leader': 'wait some seconds for the next leader; see “drover status”',
  'both-running': 'do nothing to the VM before reading docs/errors.md on both-running',
};

/** A command that helps, about this host or VM, or nothing where only the server’s words do. */
export function nextStep(code: string, subject: string | undefined): string | undefined {
  const step = Object.hasOwn(steps, code) ? steps[code] : undefined;
  return subject === undefined
    ? step
    : step?.replaceAll(/ (VM|HOST|IMAGE|VOLUME)(?=[ ”])/g, ` ${subject}`);
}

/** `h2` in `POST /v1/hosts/h2/drain`: as a person wrote it, and could write it again. */
function subjectIn(request: string): string | undefined {
  const subject = /\/v1\/(?:hosts|vms|images|volumes)\/([A-Za-z0-9%@:-]+)/.exec(request)?.[1];
  return subject?.replaceAll('%40', '@').replaceAll('%3A', ':');
}

function retryText(retry: string): string | undefined {
  if (retry === 'now') return 'try again';
  if (retry === 'later') return 'try again later';
  return undefined;
}
