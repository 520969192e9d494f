/**
 * Rows about storage pools and volumes, with the two volume streams.
 */
import { array, i32, u32, u64 } from '../../xdr/codec.ts';
import { high, low } from '../procedure.ts';
import { listMax, storagePool, storageVol, text, uuid } from '../types.ts';

const volInfo = { type: i32, capacity: u64, allocation: u64 };
const volRange = { vol: storageVol, offset: u64, length: u64, flags: u32 };

export const storageProcedures = {
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
  storageVolCreateXml: low(93, { pool: storagePool, xml: text, flags: u32 }, { vol: storageVol }),
  storageVolDelete: low(94, { vol: storageVol, flags: u32 }, undefined),
  storageVolLookupByName: high(95, { pool: storagePool, name: text }, { vol: storageVol }),
  storageVolLookupByKey: high(96, { key: text }, { vol: storageVol }),
  storageVolLookupByPath: high(97, { path: text }, { vol: storageVol }),
  storageVolGetInfo: high(98, { vol: storageVol }, volInfo),
  storageVolGetXmlDesc: high(99, { vol: storageVol, flags: u32 }, { xml: text }),
  storageVolGetPath: high(100, { vol: storageVol }, { path: text }),
  storageVolCreateXmlFrom: low(
    125,
    { pool: storagePool, xml: text, source: storageVol, flags: u32 },
    { vol: storageVol },
  ),
  storagePoolIsActive: high(154, { pool: storagePool }, { active: i32 }),
  storageVolUpload: low(208, volRange, undefined, { stream: 'write' }),
  storageVolDownload: low(209, volRange, undefined, { stream: 'read' }),
  storageVolResize: low(260, { vol: storageVol, capacity: u64, flags: u32 }, undefined),
  storagePoolListAllVolumes: high(
    282,
    { pool: storagePool, needResults: i32, flags: u32 },
    { vols: array(storageVol, listMax.storageVols), count: u32 },
  ),
};
