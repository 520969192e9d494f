/** The bodies of the API that the console shows, by short names. */
import type { Body } from '@drover/client/body';
import type { api } from '@drover/protocol';

export type Host = Body<'Host'>;
export type Vm = Body<'Vm'>;
export type Operation = Body<'Operation'>;
export type Migration = Body<'Migration'>;
export type Pool = Body<'Pool'>;
export type OrphanList = Body<'OrphanList'>;
export type Image = Body<'Image'>;
export type Cluster = Body<'Cluster'>;
export type ApiEvent = api.ApiEvent;
export type Problem = Body<'Problem'>;
export type DrainPlan = Body<'DrainPlan'>;
export type MovePlan = Body<'MovePlan'>;
export type ResizePlan = Body<'VmResizePlan'>;
export type Placement = Body<'Placement'>;
export type SessionBody = Body<'Session'>;
export type Headroom = Body<'Headroom'>;
export type Token = Body<'Token'>;
export type TokenCreated = Body<'TokenCreated'>;
export type AuditEntry = Body<'AuditList'>['items'][number];
export type Usage = Body<'Usage'>;
export type VmSpec = Vm['spec'];
/** What balance may do with one VM. */
export type VmBalance = NonNullable<VmSpec['balance']>;

/** How a state looks: colours are chosen by it, and nothing else. */
export type Tone = 'good' | 'warn' | 'bad' | 'move' | 'idle';
