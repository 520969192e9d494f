/**
 * Is what a VM is to be told at its first boot what cloud-init will understand? With the line of what is not, and never
 * with its text: user data may hold passwords, and errors come into logs. Also the hash by which its content is known.
 */
import { createHash } from 'node:crypto';
import { type CloudInit, cloudInitLimits, DroverError } from '@drover/protocol';
import { isMap, LineCounter, parseDocument } from 'yaml';
import type { FieldError } from '../logic/problem.ts';

const limits = cloudInitLimits;

/** `at`: where in the body it lies. Throws `invalid-body` with everything that is wrong. */
export function checkCloudInit(at: string, given: CloudInit | undefined): void {
  if (given === undefined) return;
  const errors = problemsOf(given).map(({ path, message }) => ({ path: `${at}${path}`, message }));
  const [first] = errors;
  if (first === undefined) return;
  throw new DroverError('invalid-body', `${first.path} ${first.message}`, { details: { errors } });
}

/** Two that would tell a VM the same have the same. A hostname that is not given is the VM's name. */
export function seedHashOf(given: CloudInit, vmName: string): string {
  const { by = 'iso', userData, networkConfig, sshKeys = [], hostname = vmName } = given;
  const content = [by, userData ?? null, networkConfig ?? null, sshKeys, hostname];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 12);
}

function problemsOf(given: CloudInit): readonly FieldError[] {
  const { by = 'iso', userData, networkConfig } = given;
  if (by === 'iso') return [...userDataProblems(userData), ...networkProblems(networkConfig)];
  const tooMuch = (['userData', 'networkConfig'] as const).filter(
    (key) => given[key] !== undefined,
  );
  return tooMuch.map((key) => ({
    path: `/${key}`,
    message: 'does not go through SMBIOS, which carries keys of root and a hostname; take by: iso',
  }));
}

function userDataProblems(text: string | undefined): readonly FieldError[] {
  if (text === undefined) return [];
  const path = '/userData';
  const wrong = wrongText(text, limits.userDataBytes);
  if (wrong !== undefined) return [{ path, message: wrong }];
  if (/^(MIME-Version|Content-Type): /i.test(text) || text.startsWith('#!')) return [];
  if (!/^(## template: ?jinja[ \t]*\r?\n)?#cloud-config\s*(\r?\n|$)/.test(text)) {
    const message =
      'line 1 says nothing that cloud-init takes as its own content: begin with #cloud-config, #! or a MIME header';
    return [{ path, message }];
  }
  // A template is YAML only once the VM has filled it in.
  if (text.startsWith('##')) return [];
  return yamlProblems(path, text, 'cloud-config');
}

function networkProblems(text: string | undefined): readonly FieldError[] {
  if (text === undefined) return [];
  const path = '/networkConfig';
  const wrong = wrongText(text, limits.networkConfigBytes);
  return wrong === undefined
    ? yamlProblems(path, text, 'network config')
    : [{ path, message: wrong }];
}

function wrongText(text: string, most: number): string | undefined {
  const bytes = Buffer.byteLength(text);
  if (bytes > most) {
    return `has ${bytes} bytes, at most ${most} may be: a VM's record has no room for more; have the VM fetch the rest itself`;
  }
  // oxlint-disable-next-line no-control-regex
  const at = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.exec(text)?.index;
  if (at === undefined) return undefined;
  return `line ${text.slice(0, at).split('\n').length} has a control character; it has to be text`;
}

function yamlProblems(path: string, text: string, what: string): readonly FieldError[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    return document.errors.slice(0, 8).map(({ code, pos: [start] }) => {
      const { line, col } = lines.linePos(start);
      const why = code.toLowerCase().replaceAll('_', ' ');
      return { path, message: `line ${line}, column ${col} is no YAML: ${why}` };
    });
  }
  const isEmpty = document.contents === null;
  if (isMap(document.contents) || (isEmpty && what === 'cloud-config')) return [];
  return [{ path, message: `line 1: a ${what} is a mapping of keys to values` }];
}
