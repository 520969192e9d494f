/**
 * Rows about a domain's past: snapshots, checkpoints, and backups taken from them.
 */
import { array, i32, u32 } from '../../xdr/codec.ts';
import { high, low } from '../procedure.ts';
import { checkpoint, domain, listMax, optionalText, snapshot, text } from '../types.ts';

export const domainSnapshotProcedures = {
  domainSnapshotCreateXml: low(185, { dom: domain, xml: text, flags: u32 }, { snap: snapshot }),
  domainSnapshotGetXmlDesc: high(186, { snap: snapshot, flags: u32 }, { xml: text }),
  domainSnapshotLookupByName: high(
    189,
    { dom: domain, name: text, flags: u32 },
    { snap: snapshot },
  ),
  domainRevertToSnapshot: low(192, { snap: snapshot, flags: u32 }, undefined),
  domainSnapshotDelete: low(193, { snap: snapshot, flags: u32 }, undefined),
  domainListAllSnapshots: high(
    274,
    { dom: domain, needResults: i32, flags: u32 },
    { snapshots: array(snapshot, listMax.snapshots), count: i32 },
  ),
  domainCheckpointCreateXml: low(411, { dom: domain, xml: text, flags: u32 }, { checkpoint }),
  domainCheckpointGetXmlDesc: low(412, { checkpoint, flags: u32 }, { xml: text }),
  domainListAllCheckpoints: high(
    413,
    { dom: domain, needResults: i32, flags: u32 },
    { checkpoints: array(checkpoint, listMax.checkpoints), count: i32 },
  ),
  domainCheckpointDelete: low(417, { checkpoint, flags: u32 }, undefined),
  domainBackupBegin: low(
    421,
    { dom: domain, backupXml: text, checkpointXml: optionalText, flags: u32 },
    undefined,
  ),
  domainBackupGetXmlDesc: high(422, { dom: domain, flags: u32 }, { xml: text }),
  domainSnapshotNum: high(187, { dom: domain, flags: u32 }, { num: i32 }),
  domainSnapshotListNames: high(
    188,
    { dom: domain, maxNames: i32, flags: u32 },
    { names: array(text, listMax.snapshots) },
  ),
  domainHasCurrentSnapshot: low(190, { dom: domain, flags: u32 }, { result: i32 }),
  domainSnapshotCurrent: low(191, { dom: domain, flags: u32 }, { snap: snapshot }),
  domainSnapshotGetParent: high(244, { snap: snapshot, flags: u32 }, { snap: snapshot }),
  domainSnapshotNumChildren: high(246, { snap: snapshot, flags: u32 }, { num: i32 }),
  domainSnapshotListChildrenNames: high(
    247,
    { snap: snapshot, maxNames: i32, flags: u32 },
    { names: array(text, listMax.snapshots) },
  ),
  domainSnapshotIsCurrent: low(271, { snap: snapshot, flags: u32 }, { current: i32 }),
  domainSnapshotHasMetadata: low(272, { snap: snapshot, flags: u32 }, { metadata: i32 }),
  domainSnapshotListAllChildren: high(
    275,
    { snapshot, needResults: i32, flags: u32 },
    { snapshots: array(snapshot, listMax.snapshots), count: i32 },
  ),
  domainCheckpointListAllChildren: high(
    414,
    { checkpoint, needResults: i32, flags: u32 },
    { checkpoints: array(checkpoint, listMax.checkpoints), count: i32 },
  ),
  domainCheckpointLookupByName: high(415, { dom: domain, name: text, flags: u32 }, { checkpoint }),
  domainCheckpointGetParent: high(416, { checkpoint, flags: u32 }, { parent: checkpoint }),
};
