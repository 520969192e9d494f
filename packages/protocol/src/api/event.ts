/** What the event stream tells. */
import type { PoolAlarm } from '../pool-state.ts';
import type { StorageProgress } from '../storage-job.ts';
import type { OperationBody } from './operation.ts';

/** One SSE event: `event:` is the type, `id:` the etcd revision (absent for progress). */
export type ApiEvent =
  | {
      readonly type: 'vm';
      readonly vm: {
        readonly id: string;
        readonly name?: string;
        readonly state: string;
        readonly hostId?: string;
      };
    }
  | {
      readonly type: 'host';
      readonly host: {
        readonly id: string;
        readonly cordoned: boolean;
        /** There is no such host any more. */
        readonly isForgotten?: true;
      };
    }
  /** Declared, changed, gone, or with other alarms than before. */
  | {
      readonly type: 'pool';
      readonly pool: {
        readonly name: string;
        readonly isDeclared: boolean;
        readonly alarms: readonly PoolAlarm[];
      };
    }
  | { readonly type: 'rule'; readonly rule: { readonly name: string; readonly isSaved: boolean } }
  | { readonly type: 'operation'; readonly operation: OperationBody }
  | {
      readonly type: 'migration-progress';
      readonly operationId: string;
      readonly vmId: string;
      readonly percent: number;
    }
  | {
      readonly type: 'storage-progress';
      readonly operationId: string;
      readonly phase: StorageProgress['phase'];
      readonly doneBytes: number;
      readonly totalBytes?: number;
    };
