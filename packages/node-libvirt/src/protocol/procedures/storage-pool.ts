/**
 * Rows about storage pools.
 */
import { array, i32, u32, u64 } from '../../xdr/codec.ts';
import { high, low } from '../procedure.ts';
import { listMax, optionalText, storagePool, storageVol, text, uuid } from '../types.ts';

export const storagePoolProcedures = {
  storagePoolCreateXml: low(76, { xml: text, flags: u32 }, { pool: storagePool }),
  storagePoolDefineXml: high(77, { xml: text, flags: u32 }, { pool: storagePool }),
  storagePoolCreate: low(78, { pool: storagePool, flags: u32 }, undefined),
  storagePoolBuild: low(79, { pool: storagePool, flags: u32 }, undefined),
  storagePoolDestroy: high(80, { pool: storagePool }, undefined),
  storagePoolUndefine: high(82, { pool: storagePool }, undefined),
  storagePoolRefresh: low(83, { pool: storagePool, flags: u32 }, undefined),
  storagePoolLookupByName: high(84, { name: text }, { pool: storagePool }),
  storagePoolLookupByUuid: high(85, { uuid }, { pool: storagePool }),
  storagePoolGetInfo: high(
    87,
    { pool: storagePool },
    { state: u32, capacity: u64, allocation: u64, available: u64 },
  ),
  storagePoolGetXmlDesc: high(88, { pool: storagePool, flags: u32 }, { xml: text }),
  storagePoolGetAutostart: high(89, { pool: storagePool }, { autostart: i32 }),
  storagePoolSetAutostart: high(90, { pool: storagePool, autostart: i32 }, undefined),
  storagePoolIsActive: high(154, { pool: storagePool }, { active: i32 }),
  storagePoolListAllVolumes: high(
    282,
    { pool: storagePool, needResults: i32, flags: u32 },
    { vols: array(storageVol, listMax.storageVols), count: u32 },
  ),
  connectFindStoragePoolSources: low(
    75,
    { type: text, sourceSpec: optionalText, flags: u32 },
    { xml: text },
  ),
  storagePoolDelete: low(81, { pool: storagePool, flags: u32 }, undefined),
  storagePoolLookupByVolume: high(86, { vol: storageVol }, { pool: storagePool }),
  storagePoolNumOfVolumes: high(91, { pool: storagePool }, { num: i32 }),
  storagePoolListVolumes: high(
    92,
    { pool: storagePool, maxNames: i32 },
    { names: array(text, listMax.storagePools) },
  ),
  storagePoolIsPersistent: high(155, { pool: storagePool }, { persistent: i32 }),
  storagePoolLookupByTargetPath: high(391, { path: text }, { pool: storagePool }),
  connectGetStoragePoolCapabilities: low(403, { flags: u32 }, { capabilities: text }),
};
