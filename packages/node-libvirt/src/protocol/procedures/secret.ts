/**
 * Rows about secrets: what disks and storage pools are unlocked with.
 */
import { i32, opaqueVar, u32 } from '../../xdr/codec.ts';
import { high } from '../procedure.ts';
import { listMax, secret, text, uuid } from '../types.ts';

export const secretProcedures = {
  secretLookupByUuid: high(141, { uuid }, { secret }),
  secretDefineXml: high(142, { xml: text, flags: u32 }, { secret }),
  secretGetXmlDesc: high(143, { secret, flags: u32 }, { xml: text }),
  secretSetValue: high(
    144,
    { secret, value: opaqueVar(listMax.secretValueBytes), flags: u32 },
    undefined,
  ),
  secretUndefine: high(146, { secret }, undefined),
  secretLookupByUsage: high(147, { usageType: i32, usageId: text }, { secret }),
  secretGetValue: high(145, { secret, flags: u32 }, { value: opaqueVar(listMax.secretValueBytes) }),
};
