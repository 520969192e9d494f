/**
 * Rows about storage volumes, with the two volume streams.
 */
import { i32, u32, u64 } from '../../xdr/codec.ts';
import { high, low } from '../procedure.ts';
import { storagePool, storageVol, text } from '../types.ts';

const volInfo = { type: i32, capacity: u64, allocation: u64 };
const volRange = { vol: storageVol, offset: u64, length: u64, flags: u32 };

export const storageVolumeProcedures = {
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
  storageVolUpload: low(208, volRange, undefined, { stream: 'write' }),
  storageVolDownload: low(209, volRange, undefined, { stream: 'read' }),
  storageVolResize: low(260, { vol: storageVol, capacity: u64, flags: u32 }, undefined),
  storageVolWipe: low(165, { vol: storageVol, flags: u32 }, undefined),
  storageVolWipePattern: low(259, { vol: storageVol, algorithm: u32, flags: u32 }, undefined),
  storageVolGetInfoFlags: high(378, { vol: storageVol, flags: u32 }, volInfo),
};
