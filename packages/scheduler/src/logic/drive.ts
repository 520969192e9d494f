/** The next step of one operation, whatever its type. */
import type { OperationRecord, Stored } from '@drover/protocol';
import { driveClean } from './clean.ts';
import { driveCpuBaseline } from './cpu-baseline.ts';
import { driveDelete } from './delete.ts';
import { driveDrain } from './drain.ts';
import { driveEnforce } from './enforce.ts';
import { driveForgetHost } from './forget-host.ts';
import { driveMigrate } from './migrate.ts';
import { drivePoolDoctor } from './pool-doctor.ts';
import { drivePower } from './power.ts';
import { driveRecover } from './recover.ts';
import { driveSave } from './save.ts';
import { driveResize } from './resize.ts';
import { driveRestore } from './restore.ts';
import { driveStart } from './start.ts';
import { driveStop } from './stop.ts';
import { driveStorage } from './storage/drive.ts';
import type { Turn } from './turn.ts';

export function drive(turn: Turn, stored: Stored<OperationRecord>): void {
  switch (stored.value.type) {
    case 'start':
      return driveStart(turn, stored);
    case 'stop':
      return driveStop(turn, stored);
    case 'save':
      return driveSave(turn, stored);
    case 'reboot':
    case 'pause':
    case 'unpause':
      return drivePower(turn, stored, stored.value.type);
    case 'resize':
      return driveResize(turn, stored);
    case 'delete':
      return driveDelete(turn, stored);
    case 'migrate':
      return driveMigrate(turn, stored);
    case 'drain':
      return driveDrain(turn, stored);
    case 'restore':
      return driveRestore(turn, stored);
    case 'clean':
      return driveClean(turn, stored);
    case 'cpu-baseline':
      return driveCpuBaseline(turn, stored);
    case 'recover':
      return driveRecover(turn, stored);
    case 'forget-host':
      return driveForgetHost(turn, stored);
    case 'image-import':
    case 'image-delete':
    case 'image-verify':
    case 'volume-create':
    case 'volume-delete':
    case 'volume-resize':
    case 'volume-move':
    case 'volume-snapshot':
    case 'volume-revert':
    case 'volume-snapshot-delete':
    case 'volume-download':
    case 'volume-upload':
    case 'orphan-delete':
      return driveStorage(turn, stored, stored.value.type);
    case 'pool-doctor':
      return drivePoolDoctor(turn, stored);
    case 'enforce':
      return driveEnforce(turn, stored);
  }
}
