/**
 * The bodies of the HTTP API. Schemas have an `$id` so that they keep their names in the OpenAPI file.
 * Errors are RFC 9457 problem documents with a stable `code`.
 *
 *   GET    /v1                                   features
 *   GET    /v1/hosts                             { items: Host[] }
 *   GET    /v1/hosts/{host}                      Host
 *   PATCH  /v1/hosts/{host}                      Host            (operator) body HostChange: labels
 *   DELETE /v1/hosts/{host}                      202 Operation   (admin) forget one that is gone for good
 *   GET    /v1/hosts/{host}/usage[?since&step]   Usage           of the last day, as its agent keeps it
 *   POST   /v1/hosts/{host}/cordon               Host            (operator)
 *   DELETE /v1/hosts/{host}/cordon               Host            (operator) uncordon
 *   POST   /v1/hosts/{host}/drain?dryRun=true    DrainPlan       touches nothing
 *   POST   /v1/hosts/{host}/drain                202 Operation   (operator) body DrainStart
 *   GET    /v1/hosts/{host}/drain                Operation       the newest drain of the host
 *   DELETE /v1/hosts/{host}/drain                202 Operation   (operator) cancel
 *   POST   /v1/hosts/{host}/drain/pause          202 Operation   (operator) no move begins
 *   POST   /v1/hosts/{host}/drain/resume         202 Operation   (operator)
 *   POST   /v1/hosts/{host}/drain/retry          202 Operation   (operator) body DrainRetry: a VM that stays
 *   POST   /v1/hosts/{host}/restore?dryRun=true  RestorePlan     who would go back; touches nothing
 *   POST   /v1/hosts/{host}/restore              202 Operation   (operator) body RestoreStart: uncordon, VMs go back
 *   POST   /v1/hosts/{host}/recover              202 Operation   (admin) body RecoveryStart
 *   GET    /v1/vms                               { items: Vm[] }
 *   POST   /v1/vms[?dryRun=true]                 202 { vm, operation }   (operator) body VmCreate
 *   GET    /v1/vms/{vm}                          Vm              by id or by name
 *   GET    /v1/vms/{vm}?include=cloud-init       Vm              (admin) with the user data
 *   PATCH  /v1/vms/{vm}                          Vm              (operator) body VmChange
 *   DELETE /v1/vms/{vm}                          202 Operation   (operator) stopped VMs only
 *   POST   /v1/vms/{vm}/start                    202 Operation   body VmStart; a saved one goes on from its memory
 *   POST   /v1/vms/{vm}/save                     202 Operation   body VmSave
 *   POST   /v1/vms/{vm}/resume                   202 Operation   as start, of a saved one only
 *   POST   /v1/vms/{vm}/stop                     202 Operation   body VmStop
 *   POST   /v1/vms/{vm}/resize                   202 Operation   body VmResize; ?dryRun=true 200 VmResizePlan
 *   POST   /v1/vms/{vm}/migrate                  202 Operation   body VmMigrate
 *   POST   /v1/vms/{vm}/migrate?dryRun=true      MovePlan        the hosts are asked; touches nothing
 *   GET    /v1/vms/{vm}/explain                  Explanation
 *   GET    /v1/vms/{vm}/usage[?since&step]       Usage           from all hosts that had it
 *   POST   /v1/vms/{vm}/console                  201 ConsoleTicket (operator) body ConsoleAsk
 *   GET    /v1/vms/{vm}/console                  WebSocket       (operator) with a ticket, once
 *   GET    /v1/cluster                           Cluster         is anything decided, and if not why
 *   POST   /v1/cluster/era                       Cluster         (admin) body EraRaise: etcd was restored
 *   GET    /v1/cluster/cpu                       ClusterCpu      the CPU that new VMs start with
 *   POST   /v1/cluster/cpu                       202 Operation   (admin) compute it anew
 *   GET    /v1/cluster/headroom[?vcpus&memoryMib]  Headroom      how many hosts' loss it bears, what room is left
 *   GET    /v1/dump                              the cluster as core/src/dump writes it
 *   GET    /v1/balance                           Balance         how even the cluster is, and why nothing moves
 *   POST   /v1/balance/plan                      BalancePlan     what would be done now; touches nothing
 *   GET    /v1/balance/history[?limit]           { items: PastRecommendation[] } newest first
 *   GET    /v1/recommendations                   { items: Recommendation[] }
 *   GET    /v1/recommendations/{recommendation}  Recommendation
 *   POST   /v1/recommendations/{recommendation}/apply    202 Operation    (operator)
 *   POST   /v1/recommendations/{recommendation}/dismiss  200 Balance      (operator) body RecommendationDismiss
 *   GET    /v1/settings/balance                  BalanceSettingsBody
 *   PUT    /v1/settings/balance                  BalanceSettingsBody   (admin) replaces what was set
 *   POST   /v1/placements                        Placements      dry run with explanation; touches nothing
 *   GET    /v1/migrations                        { items: Migration[] }  in flight, with progress
 *   DELETE /v1/migrations/{operation}            202 Operation   (operator) abort
 *   GET    /v1/operations[?limit&state&type]     { items: Operation[] } newest first
 *   GET    /v1/operations/{operation}[?wait=30s] Operation
 *   DELETE /v1/operations/{operation}            202 Operation   (operator) cancel a restore, or one on images or volumes
 *   GET    /v1/pools  POST /v1/pools             { items: Pool[] } · 201 Pool (admin)
 *   GET    /v1/pools/{pool}                      Pool            state on each host, trend, alarms, doctor
 *   PATCH  /v1/pools/{pool}                      Pool            (admin) body PoolChange: limits
 *   DELETE /v1/pools/{pool}                      200 Pool        (admin) nothing may lie in it; no file goes
 *   POST   /v1/pools/{pool}/doctor               202 Operation   (operator) looks at it from all hosts
 *   GET    /v1/pools/{pool}/orphans              { items: Orphan[] }   files that no record names
 *   DELETE /v1/pools/{pool}/orphans/{file}       202 Operation   (admin) one of them, if it is one still
 *   GET    /v1/rules  POST /v1/rules[?dryRun=true]  { items: Rule[] } · 201 Rule (operator); dry: RulePlan
 *   GET    /v1/rules/{rule}                      Rule            with who breaks it
 *   PUT    /v1/rules/{rule}[?dryRun=true]        Rule            (operator) body RuleSet
 *   PATCH  /v1/rules/{rule}[?dryRun=true]        Rule            (operator) body RuleChange
 *   DELETE /v1/rules/{rule}                      200 Rule        (operator) moves nothing
 *   POST   /v1/rules/{rule}/enforce              202 Operation   (operator) body RuleEnforce; dry: RulePlan
 *   GET    /v1/images                            { items: Image[] }
 *   POST   /v1/images                            202 { image, operation }  (operator) body ImageImport
 *   GET    /v1/images/{image}                    Image           by id, name or name@version
 *   PATCH  /v1/images/{image}                    Image           (operator) body ImageChange
 *   DELETE /v1/images/{image}[?whenUnused=true]  202 Operation   (operator)
 *   POST   /v1/images/{image}/verify             202 Operation   (operator) reads all of it
 *   HEAD   /v1/images/{image}/content            Upload-Offset: how much of an upload is there (operator)
 *   PUT    /v1/images/{image}/content            204             (operator) bytes, from Upload-Offset on
 *   GET    /v1/volumes                           { items: Volume[] }   of their own, and the disks of VMs
 *   POST   /v1/volumes                           202 { volume, operation } (operator) body VolumeCreate
 *   GET    /v1/volumes/{volume}                  Volume          by id, name or VM:index
 *   DELETE /v1/volumes/{volume}                  202 Operation   (operator)
 *   POST   /v1/volumes/{volume}/resize           202 Operation   (operator) body VolumeResize
 *   POST   /v1/volumes/{volume}/move             202 Operation   (operator) body VolumeMove
 *   POST   /v1/volumes/{volume}/copy             202 { volume, operation } (operator) body VolumeCopy
 *   POST   /v1/volumes/{volume}/snapshots        202 Operation   (operator) body VolumeSnapshot
 *   POST   /v1/volumes/{volume}/snapshots/{snapshot}/revert   202 Operation   (operator)
 *   DELETE /v1/volumes/{volume}/snapshots/{snapshot}          202 Operation   (operator)
 *   POST   /v1/volumes/{volume}/download         202 Operation   (operator) then GET …/content
 *   GET    /v1/volumes/{volume}/content          its bytes       (operator) Range is understood
 *   POST   /v1/volumes/{volume}/upload           202 Operation   (operator) body VolumeUpload, then PUT …/content
 *   HEAD, PUT /v1/volumes/{volume}/content       as of an image
 *   GET    /v1/settings/images                   ImageSettingsBody
 *   PUT    /v1/settings/images                   ImageSettingsBody   (admin) replaces what was set
 *   GET    /v1/settings/migration                MigrationSettingsBody
 *   PUT    /v1/settings/migration                MigrationSettingsBody   (admin) replaces what was set
 *   GET    /v1/session                           Session         who am I
 *   POST   /v1/session                           201 Session     a cookie for a browser
 *   DELETE /v1/session                           Session         log out
 *   GET    /v1/login                             LoginWays       for everybody
 *   GET    /v1/login/oidc                        303             sends a browser to the issuer
 *   GET    /v1/login/oidc/callback               303             and takes it back: a session, and the console
 *   GET    /v1/tokens                            { items: Token[] } (admin)
 *   POST   /v1/tokens                            201 { token, secret } (admin) body TokenCreate
 *   GET    /v1/tokens/{token}                    Token           (admin) by id or by name
 *   DELETE /v1/tokens/{token}                    Token           (admin) it is good for nothing from then on
 *   GET    /v1/join/tokens                       { items: JoinToken[] } (admin)
 *   POST   /v1/join/tokens                       201 { joinToken, token } (admin) body JoinTokenCreate
 *   DELETE /v1/join/tokens/{id}                  JoinToken       (admin) no host joins with it any more
 *   POST   /v1/join                              Joined          anybody who proves to have such a token; body Join
 *   GET    /v1/audit                             { items: AuditEntry[] } (admin) newest first
 *   GET    /v1/events                            SSE; id = etcd revision; Last-Event-ID resumes; 410 when gone
 *   GET    /metrics /healthz /readyz /openapi.json     no token
 */
export * from './balance.ts';
export * from './access.ts';
export * from './cluster.ts';
export * from './condition.ts';
export * from './console.ts';
export * from './event.ts';
export * from './headroom.ts';
export * from './host.ts';
export * from './image.ts';
export * from './join.ts';
export * from './operation.ts';
export * from './orphan.ts';
export * from './placement.ts';
export * from './plan.ts';
export * from './pool.ts';
export * from './problem.ts';
export * from './role.ts';
export * from './rule.ts';
export { ListOf, Rehearsal } from './shape.ts';
export * from './usage.ts';
export * from './vm.ts';
export * from './volume.ts';
