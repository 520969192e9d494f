/**
 * Reads the XML of a secret. Its value is never in it.
 */
import { XmlError } from './element.ts';
import { given } from './given.ts';
import { attributeOf, childOf, childrenOf, parseXml, textOf } from './parse.ts';

export interface SecretDescription {
  readonly uuid: string;
  readonly description?: string;
  /** Kept in memory only. */
  readonly isEphemeral: boolean;
  /** Its value cannot be read back. */
  readonly isPrivate: boolean;
  /** `volume`, `ceph`, `iscsi`, `tls` or `vtpm`. */
  readonly usage?: string;
  /** A volume's path, or the name by which it is used. */
  readonly usageId?: string;
}

/** Throws `XmlError` when it is not a secret. */
export function readSecret(xml: string): SecretDescription {
  const root = parseXml(xml);
  if (root.name !== 'secret') throw new XmlError(`not a secret: ${root.name}`);
  const usage = childOf(root, 'usage');
  return {
    uuid: (textOf(childOf(root, 'uuid')) ?? '').toLowerCase(),
    ...given('description', textOf(childOf(root, 'description'))),
    isEphemeral: attributeOf(root, 'ephemeral') === 'yes',
    isPrivate: attributeOf(root, 'private') === 'yes',
    ...given('usage', attributeOf(usage, 'type')),
    // `volume`, `name` or `target`, by what it is for.
    ...given('usageId', textOf(childrenOf(usage)[0])),
  };
}
