/** What the event stream tells. */
import type { OperationBody } from './operation.ts';

/** One SSE event: `event:` is the type, `id:` the etcd revision (absent for `migration-progress`). */
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
  | { readonly type: 'host'; readonly host: { readonly id: string; readonly cordoned: boolean } }
  | { readonly type: 'operation'; readonly operation: OperationBody }
  | {
      readonly type: 'migration-progress';
      readonly operationId: string;
      readonly vmId: string;
      readonly percent: number;
    };
