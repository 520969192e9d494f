/** Generated from openapi.json by `npm run -s openapi`. Not to be changed by hand. */
export interface paths {
    "/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What was changed and denied by this API process, newest first */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What this API can do */
        get: operations["getFeatures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hosts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All hosts that have ever reported */
        get: operations["listHosts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hosts/{host}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One host */
        get: operations["getHost"];
        put?: never;
        post?: never;
        /** Forget a host that is gone for good, and the key that it joined with */
        delete: operations["forgetHost"];
        options?: never;
        head?: never;
        /** Set the labels that people give it; rules and zones go by them */
        patch: operations["changeHost"];
        trace?: never;
    };
    "/v1/hosts/{host}/cordon": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let it take no new VMs; those that are there stay */
        post: operations["cordonHost"];
        /** Let it take new VMs again */
        delete: operations["uncordonHost"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hosts/{host}/drain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The newest drain of the host */
        get: operations["getDrain"];
        put?: never;
        /** Move all VMs away; with dryRun=true only the plan is made */
        post: operations["drainHost"];
        /** Start no further move and abort those in flight; what has moved stays moved */
        delete: operations["cancelDrain"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hosts/{host}/drain/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Begin no move until it is resumed; those in flight are made */
        post: operations["pauseDrain"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hosts/{host}/drain/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Go on with a drain that was paused */
        post: operations["resumeDrain"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hosts/{host}/drain/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Try a VM that could not leave once more, while the drain is under way */
        post: operations["retryInDrain"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hosts/{host}/recover": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Say that a host is off, and start its VMs elsewhere */
        post: operations["recoverHost"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hosts/{host}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let it take VMs again, and bring back those that a drain moved away; with dryRun=true only the plan is made */
        post: operations["restoreHost"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/vms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All VMs */
        get: operations["listVms"];
        put?: never;
        /** Make a VM and start it; with dryRun=true only a place is looked for */
        post: operations["createVm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/vms/{vm}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One VM, by id or by name; only an admin may include what its cloud-init says */
        get: operations["getVm"];
        put?: never;
        post?: never;
        /** Delete a stopped VM and the volumes made for it */
        delete: operations["deleteVm"];
        options?: never;
        head?: never;
        /** Change its labels, whether it is moved for balance, and what it is told at its next start */
        patch: operations["changeVm"];
        trace?: never;
    };
    "/v1/vms/{vm}/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where it could go now, and why not elsewhere */
        get: operations["explainVm"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/vms/{vm}/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Place it and start it; a saved one goes on from its memory */
        post: operations["startVm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/vms/{vm}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Go on from its saved memory, on any host that fits */
        post: operations["resumeVm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/vms/{vm}/save": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Save its memory to a pool and turn it off */
        post: operations["saveVm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/vms/{vm}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Press the power button; only mode force pulls the plug */
        post: operations["stopVm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/vms/{vm}/reboot": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Press the power button and start it again; only mode force resets it */
        post: operations["rebootVm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/vms/{vm}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let its vCPUs stand still; nothing moves it until it is unpaused */
        post: operations["pauseVm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/vms/{vm}/unpause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let it run on where it stood still */
        post: operations["unpauseVm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/vms/{vm}/resize": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** More or fewer vCPUs, more or less memory; at once where it can be */
        post: operations["resizeVm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/vms/{vm}/migrate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Move it; with dryRun=true both hosts are asked and nothing moves */
        post: operations["migrateVm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/vms/{vm}/rename": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give one that is off another name; its id, disks and addresses stay */
        post: operations["renameVm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/vms/{vm}/clone": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a VM like one that is off, on full copies of its disks */
        post: operations["cloneVm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hosts/{host}/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the host used over the last day, as its agent has kept it */
        get: operations["getHostUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/vms/{vm}/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the VM used over the last day, wherever it was; hosts that are silent are named */
        get: operations["getVmUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/vms/{vm}/console": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A WebSocket to the console, with the subprotocols drover.console.v1 and ticket.TICKET */
        get: operations["visitConsole"];
        put?: never;
        /** A ticket for one of its consoles: good once, soon, and for who asks */
        post: operations["openConsole"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/placements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Where VMs of this kind would go now, and why not elsewhere; touches nothing */
        post: operations["askForPlacements"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/operations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Operations, newest first */
        get: operations["listOperations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/operations/{operation}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One operation; with wait=30s the answer comes at its end, or after that time */
        get: operations["getOperation"];
        put?: never;
        post?: never;
        /** Cancel one on an image or a volume, of which nothing is left, or a restore, whose moves stay made */
        delete: operations["cancelOperation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/migrations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Migrations in flight, with their progress */
        get: operations["listMigrations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/migrations/{operation}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Abort a migration that was asked for; the VM stays where it is */
        delete: operations["cancelMigration"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pools": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All pools, and how they are */
        get: operations["listPools"];
        put?: never;
        /** Declare a pool; every host then defines, starts and checks it */
        post: operations["declarePool"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pools/{pool}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One pool: its state on each host, room, trend, alarms, what protects it */
        get: operations["getPool"];
        put?: never;
        post?: never;
        /** Declare it no longer; nothing may lie in it, and no file is deleted */
        delete: operations["deletePool"];
        options?: never;
        head?: never;
        /** Change how much of it may be promised, and from when on people are told */
        patch: operations["changePool"];
        trace?: never;
    };
    "/v1/pools/{pool}/doctor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let all hosts look at it together: mounts, owners, each other’s locks */
        post: operations["examinePool"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pools/{pool}/orphans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Files of Drover’s naming in it that no record names */
        get: operations["listOrphans"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pools/{pool}/orphans/{file}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Delete one of them, if it is one still and no VM has it open */
        delete: operations["deleteOrphan"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/images": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All images, the newest version of each name first */
        get: operations["listImages"];
        put?: never;
        /** Bring an image in: a file of the pool, from a URL, or by an upload that follows */
        post: operations["importImage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/images/{image}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One image, by id, name@version or name, with what stands on it */
        get: operations["getImage"];
        put?: never;
        post?: never;
        /** Delete it; with whenUnused=true it goes once nothing stands on it any more */
        delete: operations["deleteImage"];
        options?: never;
        head?: never;
        /** Give it other labels */
        patch: operations["changeImage"];
        trace?: never;
    };
    "/v1/images/{image}/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Read all of it, and compare it with what was recorded */
        post: operations["verifyImage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/volumes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All volumes: those of their own, and the disks of VMs */
        get: operations["listVolumes"];
        put?: never;
        /** Make a volume of its own: empty, from an image, or as a copy of another */
        post: operations["createVolume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/volumes/{volume}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One volume, by id or name; a VM’s disk by VM:index */
        get: operations["getVolume"];
        put?: never;
        post?: never;
        /** Delete a volume that no VM has */
        delete: operations["deleteVolume"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/volumes/{volume}/copy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a full copy of it, in its pool or another */
        post: operations["copyVolume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/volumes/{volume}/resize": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make it larger */
        post: operations["resizeVolume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/volumes/{volume}/move": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Move it to another pool */
        post: operations["moveVolume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/volumes/{volume}/snapshots": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Keep it as it is now */
        post: operations["takeSnapshot"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/volumes/{volume}/snapshots/{snapshot}/revert": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make it again what it was; what came after is lost */
        post: operations["revertVolume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/volumes/{volume}/snapshots/{snapshot}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Forget a snapshot; the volume stays as it is */
        delete: operations["deleteSnapshot"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/volumes/{volume}/download": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Have its bytes ready; then GET its content */
        post: operations["openDownload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/volumes/{volume}/upload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make it ready for that many bytes; then PUT its content */
        post: operations["openUpload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/images/{image}/content": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Send bytes of an upload, from the header Upload-Offset on */
        put: operations["uploadImage"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/volumes/{volume}/content": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Its bytes, once a download was asked for; Range is understood */
        get: operations["downloadVolume"];
        /** Send bytes of an upload, from the header Upload-Offset on */
        put: operations["uploadVolume"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/balance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How even the cluster is, what was looked at last, and why nothing moves */
        get: operations["getBalance"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/balance/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What would be moved now; the hosts are asked, and nothing is touched */
        post: operations["planBalance"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/balance/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What was recommended before, what was said to it and by whom, and how it ended */
        get: operations["listPastRecommendations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/recommendations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Moves that would make the cluster more even, in the order to make them in */
        get: operations["listRecommendations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/recommendations/{recommendation}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One of them: why, what it does, what it costs, why no other host */
        get: operations["getRecommendation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/recommendations/{recommendation}/apply": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make the move that is recommended, with what a rule keeps together with it */
        post: operations["applyRecommendation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/recommendations/{recommendation}/dismiss": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Leave this VM alone for a while, a week unless said otherwise */
        post: operations["dismissRecommendation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All rules, and whether they hold */
        get: operations["listRules"];
        put?: never;
        /** Save a rule; with dryRun=true what it would move, and whether it can hold */
        post: operations["createRule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rules/{rule}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One rule, and which VMs break it */
        get: operations["getRule"];
        /** Set all of a rule; with dryRun=true what it would move */
        put: operations["setRule"];
        post?: never;
        /** Delete it; nothing moves for that */
        delete: operations["deleteRule"];
        options?: never;
        head?: never;
        /** Change how strong it is; with dryRun=true what it would move */
        patch: operations["changeRule"];
        trace?: never;
    };
    "/v1/rules/{rule}/enforce": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Move VMs until it holds; with dryRun=true only the plan is made */
        post: operations["enforceRule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/settings/migration": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How VMs may be moved: what is set, and what each preset means */
        get: operations["getMigrationSettings"];
        /** Set how VMs may be moved, for the cluster and by label; replaces what was set */
        put: operations["setMigrationSettings"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/settings/images": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where images may come from, and how large they may be */
        get: operations["getImageSettings"];
        /** Set where images may come from and how large they may be; replaces what was set */
        put: operations["setImageSettings"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/settings/balance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether VMs are moved for balance, how eagerly, and within what bounds */
        get: operations["getBalanceSettings"];
        /** Set whether and how VMs are moved for balance; replaces what was set */
        put: operations["setBalanceSettings"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cluster": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Is anything decided in it, and if not, why and what helps */
        get: operations["getCluster"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cluster/era": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Say that etcd was restored from a backup: all is made true by what the hosts run */
        post: operations["raiseEra"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cluster/headroom": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many hosts may be lost with every VM started again elsewhere, and what else fits */
        get: operations["getHeadroom"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cluster/cpu": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The CPU that new VMs start with, and the hosts that cannot give it */
        get: operations["getClusterCpu"];
        put?: never;
        /** Find the CPU that all hosts can give; new VMs start with it from then on */
        post: operations["recomputeClusterCpu"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What changes, as server-sent events; Last-Event-ID or since resumes */
        get: operations["followEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dump": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The whole cluster as canonical JSON, one line for each thing in it */
        get: operations["dumpCluster"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All tokens that are kept, and the sessions of people; not those of the configuration */
        get: operations["listTokens"];
        put?: never;
        /** Make a token; it never has more than who makes it, and its secret is told this once */
        post: operations["createToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tokens/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One token, by id or name */
        get: operations["getToken"];
        put?: never;
        post?: never;
        /** Revoke it, and with it those that it made */
        delete: operations["revokeToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who am I, what may I, and for how long */
        get: operations["getSession"];
        put?: never;
        /** Log a browser in: the token that this is asked with becomes a cookie of twelve hours */
        post: operations["logIn"];
        /** Log out: the cookie is good for nothing from then on */
        delete: operations["logOut"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How people may log in, besides with a token */
        get: operations["waysToLogIn"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/login/oidc": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Sends a browser to the OIDC issuer; for people, not for programs */
        get: operations["beginLogin"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/login/oidc/callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where the issuer sends a browser back to: a session, and the console */
        get: operations["endLogin"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/join/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tokens with which hosts join, and what became of them; newest first */
        get: operations["listJoinTokens"];
        put?: never;
        /** Make a token with which one host joins, once; it is told this once */
        post: operations["createJoinToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/join/tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** No host joins with it any more; one that has stays */
        delete: operations["revokeJoinToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/join": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A host joins, by a proof that it has a token; used by drover-agent join */
        post: operations["join"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Problem: {
            type: string;
            code: string;
            title: string;
            status: number;
            detail: string;
            errors?: {
                path: string;
                message: string;
            }[];
            rejections?: {
                hostId: string;
                reason: string;
                required?: number | string;
                available?: number | string;
                unit?: string;
                reasons?: {
                    code: string;
                    hostId?: string;
                    subject?: string;
                    required?: number | string;
                    available?: number | string;
                    unit?: string;
                    message: string;
                    remedy: string;
                }[];
            }[];
            retry: string;
        };
        Host: {
            id: string;
            state: "ready" | "cordoned" | "draining" | "drained" | "suspect" | "down";
            schedulable: boolean;
            reasons: string[];
            conditions: components["schemas"]["Condition"][];
            arch: string;
            accelerator: string;
            acceleratorReason: string;
            migrationTls?: {
                able: boolean;
                reason: string;
            };
            tunnelRefusals?: {
                opId: string;
                reason: string;
                message: string;
            }[];
            cpuModel: string;
            qemuVersion: string;
            libvirtVersion: string;
            machineTypes: string[];
            capacity: {
                cpuMilli: number;
                memoryMib: number;
            };
            reserved: {
                cpuMilli: number;
                memoryMib: number;
            };
            allocatable: {
                cpuMilli: number;
                memoryMib: number;
            };
            promised: {
                cpuMilli: number;
                memoryMib: number;
            };
            usage?: {
                cpuMilli: number;
                memoryMib: number;
                cpuPressurePermille: number;
                memoryPressurePermille: number;
            };
            numaCells: {
                id: number;
                cpuCount: number;
                memoryMib: number;
            }[];
            labels: {
                [key: string]: string;
            };
            bridges: string[];
            pools: {
                name: string;
                state: string;
                capacityMib: number;
                freeMib: number;
                reason?: string;
                condition?: "reachable" | "stalled" | "read-only" | "full" | "wrong-mount" | "inactive" | "error";
            }[];
            vmCount: number;
            foreignVmCount: number;
            reportAgeMs: number;
        };
        HostChange: {
            labels: {
                [key: string]: string;
            };
        };
        Vm: {
            id: string;
            name: string;
            state: string;
            desired: string;
            conditions: components["schemas"]["Condition"][];
            hostId?: string;
            nextHostId?: string;
            generation: number;
            operationId?: string;
            promised?: {
                vcpus: number;
                memoryMib: number;
            };
            saved?: {
                pool: string;
                file: string;
                storedBytes: number;
                allocatedBytes: number;
                hostId: string;
                operationId: string;
                atMs: number;
                problem?: string;
            };
            observed?: string;
            migration?: components["schemas"]["Migration"];
            rest?: {
                untilMs: number;
                reason: string;
                operationId: string;
            };
            macs: string[];
            cloudInit?: {
                by: "iso" | "smbios";
                hash: string;
                userDataBytes: number;
                hostname: string;
                sshKeyCount: number;
                hasNetworkConfig: boolean;
            };
            spec: {
                vcpus: number;
                memoryMib: number;
                maxVcpus?: number;
                maxMemoryMib?: number;
                arch?: "x86_64" | "aarch64";
                machine?: string;
                disks: {
                    pool: string;
                    image?: string;
                    volume?: string;
                    format?: "qcow2" | "raw";
                    sizeMib?: number;
                }[];
                networks: {
                    bridge: string;
                    mac?: string;
                }[];
                labels?: {
                    [key: string]: string;
                };
                migration?: {
                    preset?: "gentle" | "balanced" | "must-finish";
                    bandwidthMibps?: number;
                    streams?: number;
                    downtimeLadderMs?: number[];
                    throttle?: {
                        startPercent: number;
                        stepPercent: number;
                        atMostPercent: number;
                    } | false;
                    stallSeconds?: number;
                    timeoutFactor?: number;
                    timeoutAtLeastSeconds?: number;
                    whenStuck?: "give-up" | "post-copy";
                    restMinutes?: number;
                };
                balance?: "cluster" | "recommend" | "never";
                cloudInit?: {
                    by?: "iso" | "smbios";
                    userData?: string;
                    networkConfig?: string;
                    sshKeys?: string[];
                    hostname?: string;
                };
            };
            createdAtMs: number;
            by: string;
        };
        VmCreate: {
            name: string;
            spec: {
                vcpus: number;
                memoryMib: number;
                maxVcpus?: number;
                maxMemoryMib?: number;
                arch?: "x86_64" | "aarch64";
                machine?: string;
                disks: {
                    pool: string;
                    image?: string;
                    volume?: string;
                    format?: "qcow2" | "raw";
                    sizeMib?: number;
                }[];
                networks: {
                    bridge: string;
                    mac?: string;
                }[];
                labels?: {
                    [key: string]: string;
                };
                migration?: {
                    preset?: "gentle" | "balanced" | "must-finish";
                    bandwidthMibps?: number;
                    streams?: number;
                    downtimeLadderMs?: number[];
                    throttle?: {
                        startPercent: number;
                        stepPercent: number;
                        atMostPercent: number;
                    } | false;
                    stallSeconds?: number;
                    timeoutFactor?: number;
                    timeoutAtLeastSeconds?: number;
                    whenStuck?: "give-up" | "post-copy";
                    restMinutes?: number;
                };
                balance?: "cluster" | "recommend" | "never";
                cloudInit?: {
                    by?: "iso" | "smbios";
                    userData?: string;
                    networkConfig?: string;
                    sshKeys?: string[];
                    hostname?: string;
                };
            };
            start?: boolean;
        };
        VmChange: {
            cloudInit?: {
                by?: "iso" | "smbios";
                userData?: string;
                networkConfig?: string;
                sshKeys?: string[];
                hostname?: string;
            } | null;
            labels?: {
                [key: string]: string;
            };
            balance?: "cluster" | "recommend" | "never";
        };
        VmStop: {
            mode?: "graceful" | "force";
        };
        VmStart: {
            discardSaved?: boolean;
        };
        VmSave: {
            pool?: string;
        };
        VmReboot: {
            mode?: "graceful" | "force";
        };
        VmRename: {
            name: string;
        };
        VmClone: {
            name: string;
            start?: boolean;
        };
        VmCloned: {
            vm: components["schemas"]["Vm"];
            operations: components["schemas"]["Operation"][];
        };
        VmActionPlan: {
            vmId: string;
            vmName: string;
            hostId?: string;
            what: string;
        };
        VmResize: {
            vcpus?: number;
            memoryMib?: number;
            atNextStart?: boolean;
        };
        VmResizePlan: {
            vmId: string;
            vmName: string;
            hostId?: string;
            when: "now" | "next-start";
            what: string;
        };
        VmMigrate: {
            target?: string;
            migration?: {
                preset?: "gentle" | "balanced" | "must-finish";
                bandwidthMibps?: number;
                streams?: number;
                downtimeLadderMs?: number[];
                throttle?: {
                    startPercent: number;
                    stepPercent: number;
                    atMostPercent: number;
                } | false;
                stallSeconds?: number;
                timeoutFactor?: number;
                timeoutAtLeastSeconds?: number;
                whenStuck?: "give-up" | "post-copy";
                restMinutes?: number;
            };
            cold?: boolean;
        };
        ConsoleAsk: {
            type: "vnc" | "serial";
        };
        ConsoleTicket: {
            vmId: string;
            type: "vnc" | "serial";
            expiresAtMs: number;
            ticket?: string;
        };
        Operation: {
            id: string;
            type: "start" | "stop" | "save" | "reboot" | "pause" | "unpause" | "resize" | "delete" | "migrate" | "drain" | "restore" | "recover" | "forget-host" | "clean" | "image-import" | "image-delete" | "image-verify" | "volume-create" | "volume-delete" | "volume-resize" | "volume-move" | "volume-snapshot" | "volume-revert" | "volume-snapshot-delete" | "volume-download" | "volume-upload" | "cpu-baseline" | "pool-doctor" | "enforce" | "orphan-delete";
            state: "pending" | "running" | "succeeded" | "failed" | "cancelled" | "blocked";
            step: string;
            stepIndex: number;
            vmId?: string;
            vmName?: string;
            hostId?: string;
            source?: string;
            target?: string;
            mode?: "live" | "paused" | "cold";
            memoryPath?: "tls" | "tunnel" | "clear";
            memoryPathReason?: string;
            imageId?: string;
            volumeId?: string;
            subject?: string;
            pool?: string;
            file?: string;
            judged?: {
                file: string;
                bytes: number;
                allocatedBytes: number;
                changedMs: number;
                inode: number;
                ageMs: number;
            };
            rule?: string;
            along?: string[];
            resize?: {
                from: {
                    vcpus: number;
                    memoryMib: number;
                };
                to: {
                    vcpus?: number;
                    memoryMib?: number;
                };
            };
            stored?: {
                file: string;
                format: "qcow2" | "raw";
                virtualBytes: number;
                storedBytes: number;
                allocatedBytes: number;
                sha256?: string;
                changedMs: number;
                inode: number;
            };
            sourceSha256?: string;
            parentId?: string;
            recommendationId?: string;
            generation: number;
            reason?: string;
            message?: string;
            items?: {
                vmId: string;
                vmName: string;
                target?: string;
                state: "waiting" | "moving" | "moved" | "gone" | "blocked" | "cancelled";
                attempts: number;
                /** @enum {boolean} */
                cold?: true;
                retriedAtMs?: number;
                operationId?: string;
                reason?: string;
                remedy?: string;
                reasons?: {
                    code: string;
                    hostId?: string;
                    subject?: string;
                    required?: number | string;
                    available?: number | string;
                    unit?: string;
                    message: string;
                    remedy: string;
                }[];
            }[];
            createdAtMs: number;
            startedAtMs?: number;
            endedAtMs?: number;
            downtimeMs?: number;
            transferredBytes?: number;
            migration?: {
                policy: {
                    bandwidthMibps?: number;
                    streams: number;
                    downtimeLadderMs: number[];
                    throttle?: {
                        startPercent: number;
                        stepPercent: number;
                        atMostPercent: number;
                    };
                    stallSeconds: number;
                    timeoutFactor: number;
                    timeoutAtLeastSeconds: number;
                    whenStuck: "give-up" | "post-copy";
                    restMinutes: number;
                };
                from: {
                    [key: string]: string;
                };
                timeoutMs: number;
                forecast: {
                    elapsedMs: number;
                    downtimeMs: number;
                    transferredMib: number;
                    rounds: number;
                    converges: boolean;
                    throttlePercent: number;
                };
            };
            timeline?: {
                setupMs?: number;
                elapsedMs: number;
                downtimeMs?: number;
                totalBytes: number;
                transferredBytes: number;
                bytesPerSecond: number;
                throttlePercent: number;
                roundCount: number;
                rounds: {
                    round: number;
                    atMs: number;
                    remainingBytes: number;
                    transferredBytes: number;
                    throttlePercent: number;
                }[];
                interventions: {
                    atMs: number;
                    type: "set-downtime" | "start-post-copy" | "give-up";
                    downtimeMs?: number;
                    why: string;
                }[];
            };
            by: string;
            done: boolean;
            cancellable: boolean;
            error?: {
                code: string;
                message: string;
                rejections?: {
                    hostId: string;
                    reason: string;
                    required?: number | string;
                    available?: number | string;
                    unit?: string;
                    reasons?: {
                        code: string;
                        hostId?: string;
                        subject?: string;
                        required?: number | string;
                        available?: number | string;
                        unit?: string;
                        message: string;
                        remedy: string;
                    }[];
                }[];
                reasons?: {
                    code: string;
                    hostId?: string;
                    subject?: string;
                    required?: number | string;
                    available?: number | string;
                    unit?: string;
                    message: string;
                    remedy: string;
                }[];
            };
            progress?: {
                percent: number;
                elapsedMs: number;
                totalBytes: number;
                remainingBytes: number;
                transferredBytes: number;
                dirtyRateBytesPerSecond?: number;
                throttlePercent?: number;
                iteration: number;
            };
            paused?: {
                by: string;
                atMs: number;
            };
            deadlineMs?: number;
            storage?: {
                phase: "fetch" | "receive" | "inspect" | "convert" | "copy" | "checksum" | "save";
                doneBytes: number;
                totalBytes?: number;
                bytesPerSecond?: number;
                etaMs?: number;
                elapsedMs: number;
            };
        };
        DrainPlan: {
            hostId: string;
            revision: number;
            moves: {
                vmId: string;
                vmName: string;
                source: string;
                target: string;
                mode: string;
                memoryMib: number;
                unevenBefore?: number;
                unevenAfter?: number;
                terms?: {
                    name: string;
                    before: number;
                    after: number;
                }[];
                along?: string[];
                reason: string;
                checked: boolean;
            }[];
            waves: number[][];
            blockers: {
                vmId: string;
                vmName: string;
                reason: string;
                rejections: {
                    hostId: string;
                    reason: string;
                    required?: number | string;
                    available?: number | string;
                    unit?: string;
                    reasons?: {
                        code: string;
                        hostId?: string;
                        subject?: string;
                        required?: number | string;
                        available?: number | string;
                        unit?: string;
                        message: string;
                        remedy: string;
                    }[];
                }[];
                reasons?: {
                    code: string;
                    hostId?: string;
                    subject?: string;
                    required?: number | string;
                    available?: number | string;
                    unit?: string;
                    message: string;
                    remedy: string;
                }[];
                remedy: string;
            }[];
            estimatedSeconds: number;
            bent?: string[];
        };
        MovePlan: {
            vmId: string;
            vmName: string;
            source?: string;
            target?: string;
            mode?: string;
            modeReason?: string;
            forecast?: {
                elapsedMs: number;
                downtimeMs: number;
                transferredMib: number;
                rounds: number;
                converges: boolean;
                throttlePercent: number;
            };
            reasons: {
                code: string;
                hostId?: string;
                subject?: string;
                required?: number | string;
                available?: number | string;
                unit?: string;
                message: string;
                remedy: string;
            }[];
            rejections: {
                hostId: string;
                reason: string;
                required?: number | string;
                available?: number | string;
                unit?: string;
                reasons?: {
                    code: string;
                    hostId?: string;
                    subject?: string;
                    required?: number | string;
                    available?: number | string;
                    unit?: string;
                    message: string;
                    remedy: string;
                }[];
            }[];
            checked: boolean;
        };
        Cluster: {
            era: number;
            eraBy?: string;
            eraAtMs?: number;
            nextEra: number;
            held: boolean;
            problem?: {
                message: string;
                remedy: string;
            };
            leader?: string;
            unreadable: {
                key: string;
                reason: string;
            }[];
        };
        EraRaise: {
            era: number;
        };
        ClusterCpu: {
            cpus: {
                arch: "x86_64" | "aarch64";
                accelerator: "kvm" | "tcg";
                cpu: string;
                model: string;
                hosts: string[];
            }[];
            by?: string;
            atMs?: number;
            operationId?: string;
            lacking: string[];
        };
        Headroom: {
            revision: number;
            bears: number;
            exact: boolean;
            upTo: number;
            atRisk: {
                hostId: string;
                vms: number;
            }[];
            untried: string[];
            worst?: {
                hostIds: string[];
                vms: number;
                left: {
                    vmId: string;
                    vmName: string;
                    reason: string;
                    rejections: {
                        hostId: string;
                        reason: string;
                        required?: number | string;
                        available?: number | string;
                        unit?: string;
                        reasons?: {
                            code: string;
                            hostId?: string;
                            subject?: string;
                            required?: number | string;
                            available?: number | string;
                            unit?: string;
                            message: string;
                            remedy: string;
                        }[];
                    }[];
                    reasons?: {
                        code: string;
                        hostId?: string;
                        subject?: string;
                        required?: number | string;
                        available?: number | string;
                        unit?: string;
                        message: string;
                        remedy: string;
                    }[];
                    remedy: string;
                }[];
            };
            room?: {
                fits: {
                    count: number;
                    atLeast: boolean;
                    byHost: {
                        hostId: string;
                        count: number;
                    }[];
                };
                keeping: {
                    count: number;
                    atLeast: boolean;
                    byHost: {
                        hostId: string;
                        count: number;
                    }[];
                };
            };
        };
        DrainStart: {
            plan?: {
                vmId: string;
                target: string;
            }[];
            parallel?: number;
            migration?: {
                preset?: "gentle" | "balanced" | "must-finish";
                bandwidthMibps?: number;
                streams?: number;
                downtimeLadderMs?: number[];
                throttle?: {
                    startPercent: number;
                    stepPercent: number;
                    atMostPercent: number;
                } | false;
                stallSeconds?: number;
                timeoutFactor?: number;
                timeoutAtLeastSeconds?: number;
                whenStuck?: "give-up" | "post-copy";
                restMinutes?: number;
            };
            onUnmovable?: "leave" | "shutdown";
            deadlineSeconds?: number;
            message?: string;
        };
        DrainRetry: {
            vm: string;
        };
        RecoveryStart: {
            confirm: string;
            despiteMassLoss?: boolean;
        };
        RestorePlan: {
            hostId: string;
            revision: number;
            moves: {
                vmId: string;
                vmName: string;
                source: string;
                target: string;
                mode: string;
                memoryMib: number;
                unevenBefore?: number;
                unevenAfter?: number;
                terms?: {
                    name: string;
                    before: number;
                    after: number;
                }[];
                along?: string[];
                reason: string;
                checked: boolean;
            }[];
            waves: number[][];
            blockers: {
                vmId: string;
                vmName: string;
                reason: string;
                rejections: {
                    hostId: string;
                    reason: string;
                    required?: number | string;
                    available?: number | string;
                    unit?: string;
                    reasons?: {
                        code: string;
                        hostId?: string;
                        subject?: string;
                        required?: number | string;
                        available?: number | string;
                        unit?: string;
                        message: string;
                        remedy: string;
                    }[];
                }[];
                reasons?: {
                    code: string;
                    hostId?: string;
                    subject?: string;
                    required?: number | string;
                    available?: number | string;
                    unit?: string;
                    message: string;
                    remedy: string;
                }[];
                remedy: string;
            }[];
            estimatedSeconds: number;
        };
        RestoreStart: {
            plan?: {
                vmId: string;
                target: string;
            }[];
            parallel?: number;
            migration?: {
                preset?: "gentle" | "balanced" | "must-finish";
                bandwidthMibps?: number;
                streams?: number;
                downtimeLadderMs?: number[];
                throttle?: {
                    startPercent: number;
                    stepPercent: number;
                    atMostPercent: number;
                } | false;
                stallSeconds?: number;
                timeoutFactor?: number;
                timeoutAtLeastSeconds?: number;
                whenStuck?: "give-up" | "post-copy";
                restMinutes?: number;
            };
        };
        Recommendation: {
            id: string;
            priority: number;
            vmId: string;
            vmName: string;
            source: string;
            target: string;
            mode: string;
            reason: string;
            unevenBefore: number;
            unevenAfter: number;
            terms: {
                name: string;
                before: number;
                after: number;
            }[];
            cost: {
                bytes: number;
                elapsedMs: number;
                downtimeMs: number;
            };
            after: string[];
            along: string[];
            others: {
                hostId: string;
                text: string;
                gain?: number;
            }[];
            checked: boolean;
            sinceMs: number;
        };
        RecommendationDismiss: {
            minutes?: number;
        };
        Balance: {
            ranAtMs?: number;
            unevenBefore?: number;
            unevenAfter?: number;
            terms: {
                name: string;
                millionths: number;
            }[];
            calm?: {
                code: string;
                text: string;
            };
            paused?: string;
            movesLeft: number;
            mode: "observe" | "recommend" | "automatic";
            recommendations: number;
            dismissed: {
                id: string;
                vmId: string;
                source: string;
                target: string;
                reason?: string;
                untilMs: number;
                atMs: number;
                vmName: string;
                by: string;
            }[];
        };
        BalancePlan: {
            revision: number;
            moves: components["schemas"]["Recommendation"][];
            waves: number[][];
            unevenBefore: number;
            unevenAfter: number;
            terms: {
                name: string;
                millionths: number;
            }[];
            estimatedSeconds: number;
            calm?: {
                code: string;
                text: string;
            };
        };
        PastRecommendation: {
            id: string;
            vmId: string;
            vmName: string;
            source: string;
            target: string;
            reason?: string;
            answer: "applied" | "by-itself" | "dismissed" | "withdrawn";
            by?: string;
            atMs: number;
            outcome?: "under-way" | "moved" | "refused" | "given-up" | "failed" | "cancelled" | "left-alone" | "over";
            why?: string;
            operationId?: string;
            endedAtMs?: number;
            untilMs?: number;
        };
        PastRecommendationList: {
            items: components["schemas"]["PastRecommendation"][];
            continue?: string;
        };
        BalanceSettingsBody: {
            settings: {
                mode?: "observe" | "recommend" | "automatic";
                aggressiveness?: 1 | 2 | 3 | 4 | 5;
                movesAtOnce?: number;
                movesPerHour?: number;
                cooldownMinutes?: number;
                hours?: {
                    from: string;
                    to: string;
                };
            };
            inForce: {
                mode?: "observe" | "recommend" | "automatic";
                aggressiveness?: 1 | 2 | 3 | 4 | 5;
                movesAtOnce?: number;
                movesPerHour?: number;
                cooldownMinutes?: number;
                hours?: {
                    from: string;
                    to: string;
                };
            };
            by?: string;
            atMs?: number;
        };
        RecommendationList: {
            items: components["schemas"]["Recommendation"][];
            continue?: string;
        };
        Placement: {
            type: "placed" | "refused";
            hostId?: string;
            candidates: {
                hostId: string;
                score: number;
                terms: {
                    name: string;
                    weight: number;
                    value: number;
                    points: number;
                }[];
            }[];
            rejections: {
                hostId: string;
                reason: string;
                required?: number | string;
                available?: number | string;
                unit?: string;
                reasons?: {
                    code: string;
                    hostId?: string;
                    subject?: string;
                    required?: number | string;
                    available?: number | string;
                    unit?: string;
                    message: string;
                    remedy: string;
                }[];
            }[];
            sentences: string[];
        };
        PlacementAsk: {
            spec: {
                vcpus: number;
                memoryMib: number;
                maxVcpus?: number;
                maxMemoryMib?: number;
                arch?: "x86_64" | "aarch64";
                machine?: string;
                disks: {
                    pool: string;
                    image?: string;
                    volume?: string;
                    format?: "qcow2" | "raw";
                    sizeMib?: number;
                }[];
                networks: {
                    bridge: string;
                    mac?: string;
                }[];
                labels?: {
                    [key: string]: string;
                };
                migration?: {
                    preset?: "gentle" | "balanced" | "must-finish";
                    bandwidthMibps?: number;
                    streams?: number;
                    downtimeLadderMs?: number[];
                    throttle?: {
                        startPercent: number;
                        stepPercent: number;
                        atMostPercent: number;
                    } | false;
                    stallSeconds?: number;
                    timeoutFactor?: number;
                    timeoutAtLeastSeconds?: number;
                    whenStuck?: "give-up" | "post-copy";
                    restMinutes?: number;
                };
                balance?: "cluster" | "recommend" | "never";
                cloudInit?: {
                    by?: "iso" | "smbios";
                    userData?: string;
                    networkConfig?: string;
                    sshKeys?: string[];
                    hostname?: string;
                };
            };
            count?: number;
            only?: string;
            explain?: boolean;
        };
        Condition: {
            type: string;
            status: "true" | "false" | "unknown";
            reason: string;
            message: string;
            sinceMs?: number;
        };
        Migration: {
            operationId: string;
            vmId: string;
            vmName: string;
            source: string;
            target: string;
            step: string;
            mode?: string;
            progress?: {
                percent: number;
                elapsedMs: number;
                totalBytes: number;
                remainingBytes: number;
                transferredBytes: number;
                dirtyRateBytesPerSecond?: number;
                throttlePercent?: number;
                iteration: number;
            };
        };
        MigrationSettingsBody: {
            settings: {
                cluster?: {
                    preset?: "gentle" | "balanced" | "must-finish";
                    bandwidthMibps?: number;
                    streams?: number;
                    downtimeLadderMs?: number[];
                    throttle?: {
                        startPercent: number;
                        stepPercent: number;
                        atMostPercent: number;
                    } | false;
                    stallSeconds?: number;
                    timeoutFactor?: number;
                    timeoutAtLeastSeconds?: number;
                    whenStuck?: "give-up" | "post-copy";
                    restMinutes?: number;
                };
                byLabel?: {
                    label: string;
                    wish: {
                        preset?: "gentle" | "balanced" | "must-finish";
                        bandwidthMibps?: number;
                        streams?: number;
                        downtimeLadderMs?: number[];
                        throttle?: {
                            startPercent: number;
                            stepPercent: number;
                            atMostPercent: number;
                        } | false;
                        stallSeconds?: number;
                        timeoutFactor?: number;
                        timeoutAtLeastSeconds?: number;
                        whenStuck?: "give-up" | "post-copy";
                        restMinutes?: number;
                    };
                }[];
            };
            presets: {
                [key: string]: {
                    bandwidthMibps?: number;
                    streams: number;
                    downtimeLadderMs: number[];
                    throttle?: {
                        startPercent: number;
                        stepPercent: number;
                        atMostPercent: number;
                    };
                    stallSeconds: number;
                    timeoutFactor: number;
                    timeoutAtLeastSeconds: number;
                    whenStuck: "give-up" | "post-copy";
                    restMinutes: number;
                };
            };
            by?: string;
            atMs?: number;
        };
        Pool: {
            name: string;
            spec: {
                /** @enum {string} */
                type: "shared";
                path: string;
            } | {
                /** @enum {string} */
                type: "nfs";
                server: string;
                export: string;
                version: "4.1" | "4.2";
                path: string;
                options?: string[];
            } | {
                /** @enum {string} */
                type: "nfs-direct";
                server: string;
                export: string;
            } | {
                /** @enum {string} */
                type: "local";
                path: string;
            };
            uuid: string;
            createdAtMs: number;
            thinLimitPercent: number;
            alarmPercent: number;
            conditions: components["schemas"]["Condition"][];
            status?: {
                capacityMib: number;
                freeMib: number;
                promisedMib: number;
                promisableMib?: number;
                reservedMib: number;
                trends: {
                    hostId?: string;
                    mibPerHour: number;
                    fullInHours?: number;
                    overMinutes: number;
                }[];
                protection: "image-lock" | "kernel-lock" | "one-host" | "none";
                protectedBy: string;
                alarms: {
                    code: "nearly-full" | "full-soon" | "promised-too-much";
                    hostId?: string;
                    message: string;
                }[];
                hosts: {
                    hostId: string;
                    condition: "reachable" | "stalled" | "read-only" | "full" | "wrong-mount" | "inactive" | "error";
                    reason?: string;
                    capacityMib: number;
                    freeMib: number;
                    mount?: {
                        at: string;
                        source: string;
                        type: string;
                        readOnly: boolean;
                        guard: "image-lock" | "kernel-lock" | "none";
                        version?: string;
                        hard?: boolean;
                        localLock?: string;
                    };
                    mark?: "there" | "missing" | "other" | "unreadable";
                    inodes?: {
                        total: number;
                        free: number;
                    };
                    reportAgeMs: number;
                }[];
            };
            doctor?: {
                operationId: string;
                by: string;
                atMs: number;
                hosts: string[];
                protection: "image-lock" | "kernel-lock" | "one-host" | "none";
                verdict: string;
                findings: {
                    code: string;
                    level: "good" | "warning" | "bad";
                    hostId?: string;
                    message: string;
                    remedy?: string;
                }[];
            };
        };
        PoolCreate: {
            name: string;
            spec: {
                /** @enum {string} */
                type: "shared";
                path: string;
            } | {
                /** @enum {string} */
                type: "nfs";
                server: string;
                export: string;
                version: "4.1" | "4.2";
                path: string;
                options?: string[];
            } | {
                /** @enum {string} */
                type: "nfs-direct";
                server: string;
                export: string;
            } | {
                /** @enum {string} */
                type: "local";
                path: string;
            };
            thinLimitPercent?: number;
            alarmPercent?: number;
        };
        PoolChange: {
            thinLimitPercent?: number;
            alarmPercent?: number;
        };
        Orphan: {
            hostId?: string;
            file: string;
            kind: "disk" | "vm-disk" | "layer" | "memory" | "seed" | "unfinished";
            bytes: number;
            allocatedBytes: number;
            changedAtMs: number;
            ageMs: number;
        };
        OrphanList: {
            items: components["schemas"]["Orphan"][];
            continue?: string;
            silent: string[];
        };
        VmCreated: {
            vm: components["schemas"]["Vm"];
            operation?: components["schemas"]["Operation"];
        };
        Rule: {
            name: string;
            spec: {
                strength: "hard" | "soft";
                weight?: number;
                bendsForDrain?: boolean;
                vms: {
                    ids?: string[];
                    labels?: {
                        [key: string]: string;
                    };
                };
                type: "together" | "apart";
                over: "host" | "rack" | "zone";
            } | {
                strength: "hard" | "soft";
                weight?: number;
                bendsForDrain?: boolean;
                vms: {
                    ids?: string[];
                    labels?: {
                        [key: string]: string;
                    };
                };
                type: "pinned" | "away";
                hosts: {
                    ids?: string[];
                    labels?: {
                        [key: string]: string;
                    };
                };
            } | {
                strength: "hard" | "soft";
                weight?: number;
                bendsForDrain?: boolean;
                vms: {
                    ids?: string[];
                    labels?: {
                        [key: string]: string;
                    };
                };
                /** @enum {string} */
                type: "spread";
                over: "host" | "rack" | "zone";
                maxSkew: number;
            };
            vmNames: {
                [key: string]: string;
            };
            status?: {
                state: "holds" | "broken";
                broken: number;
                vms: {
                    id: string;
                    name: string;
                    hostId?: string;
                }[];
                brokenBy: {
                    id: string;
                    name: string;
                    hostId?: string;
                }[];
            };
            createdAtMs: number;
            changedAtMs: number;
            by: string;
        };
        RuleCreate: {
            name: string;
            spec: {
                strength: "hard" | "soft";
                weight?: number;
                bendsForDrain?: boolean;
                vms: {
                    ids?: string[];
                    labels?: {
                        [key: string]: string;
                    };
                };
                type: "together" | "apart";
                over: "host" | "rack" | "zone";
            } | {
                strength: "hard" | "soft";
                weight?: number;
                bendsForDrain?: boolean;
                vms: {
                    ids?: string[];
                    labels?: {
                        [key: string]: string;
                    };
                };
                type: "pinned" | "away";
                hosts: {
                    ids?: string[];
                    labels?: {
                        [key: string]: string;
                    };
                };
            } | {
                strength: "hard" | "soft";
                weight?: number;
                bendsForDrain?: boolean;
                vms: {
                    ids?: string[];
                    labels?: {
                        [key: string]: string;
                    };
                };
                /** @enum {string} */
                type: "spread";
                over: "host" | "rack" | "zone";
                maxSkew: number;
            };
        };
        RuleSet: {
            spec: {
                strength: "hard" | "soft";
                weight?: number;
                bendsForDrain?: boolean;
                vms: {
                    ids?: string[];
                    labels?: {
                        [key: string]: string;
                    };
                };
                type: "together" | "apart";
                over: "host" | "rack" | "zone";
            } | {
                strength: "hard" | "soft";
                weight?: number;
                bendsForDrain?: boolean;
                vms: {
                    ids?: string[];
                    labels?: {
                        [key: string]: string;
                    };
                };
                type: "pinned" | "away";
                hosts: {
                    ids?: string[];
                    labels?: {
                        [key: string]: string;
                    };
                };
            } | {
                strength: "hard" | "soft";
                weight?: number;
                bendsForDrain?: boolean;
                vms: {
                    ids?: string[];
                    labels?: {
                        [key: string]: string;
                    };
                };
                /** @enum {string} */
                type: "spread";
                over: "host" | "rack" | "zone";
                maxSkew: number;
            };
        };
        RuleChange: {
            strength?: "hard" | "soft";
            weight?: number;
            bendsForDrain?: boolean;
        };
        RulePlan: {
            rule: string;
            revision: number;
            broken: number;
            brokenBy: {
                id: string;
                name: string;
                hostId?: string;
            }[];
            feasible: "yes" | "no" | "unknown";
            conflicts: {
                rule: string;
                why: string;
            }[];
            moves: {
                vmId: string;
                vmName: string;
                source: string;
                target: string;
                mode: string;
                memoryMib: number;
                unevenBefore?: number;
                unevenAfter?: number;
                terms?: {
                    name: string;
                    before: number;
                    after: number;
                }[];
                along?: string[];
                reason: string;
                checked: boolean;
            }[];
            waves: number[][];
            breaksWithout?: string[];
            estimatedSeconds: number;
        };
        RuleEnforce: {
            plan?: {
                vmId: string;
                target: string;
            }[];
        };
        Image: {
            id: string;
            name: string;
            version: number;
            state: string;
            pool: string;
            source: {
                /** @enum {string} */
                type: "file";
                file: string;
            } | {
                /** @enum {string} */
                type: "url";
                url: string;
            } | {
                /** @enum {string} */
                type: "upload";
                bytes: number;
            };
            format: "qcow2" | "raw" | "vmdk" | "vdi" | "ova";
            packing?: "gzip" | "xz" | "zstd";
            sha256?: string;
            sourceSha256?: string;
            stored?: {
                file: string;
                format: "qcow2" | "raw";
                virtualBytes: number;
                storedBytes: number;
                allocatedBytes: number;
                sha256?: string;
                changedMs: number;
                inode: number;
            };
            labels?: {
                [key: string]: string;
            };
            operationId?: string;
            userCount: number;
            users?: {
                volumeId: string;
                name: string;
                vmId?: string;
            }[];
            by: string;
            createdAtMs: number;
            deleted?: {
                by: string;
                atMs: number;
            };
        };
        ImageImport: {
            name: string;
            pool: string;
            source: {
                /** @enum {string} */
                type: "file";
                file: string;
            } | {
                /** @enum {string} */
                type: "url";
                url: string;
            } | {
                /** @enum {string} */
                type: "upload";
                bytes: number;
            };
            format: "qcow2" | "raw" | "vmdk" | "vdi" | "ova";
            packing?: "gzip" | "xz" | "zstd";
            sha256?: string;
            labels?: {
                [key: string]: string;
            };
            newVersion?: boolean;
        };
        ImageImported: {
            image: components["schemas"]["Image"];
            operation: components["schemas"]["Operation"];
        };
        ImageChange: {
            labels: {
                [key: string]: string;
            };
        };
        ImageSettingsBody: {
            settings: {
                hosts?: string[];
                schemes?: ("https" | "http")[];
                maxBytes?: number;
                maxVirtualBytes?: number;
            };
            effective: {
                hosts: string[];
                schemes: string[];
                maxBytes: number;
                maxVirtualBytes: number;
            };
            by?: string;
            atMs?: number;
        };
        Volume: {
            id: string;
            name?: string;
            vm?: {
                id: string;
                name: string;
                index: number;
            };
            state: string;
            pool: string;
            file?: string;
            format: "qcow2" | "raw";
            virtualBytes?: number;
            imageId?: string;
            image?: string;
            mode?: "thin" | "full";
            source?: {
                /** @enum {string} */
                type: "empty";
            } | {
                /** @enum {string} */
                type: "image";
                imageId: string;
            } | {
                /** @enum {string} */
                type: "volume";
                volumeId: string;
            };
            snapshots: {
                name: string;
                virtualBytes: number;
                atMs: number;
            }[];
            users: {
                id: string;
                name: string;
            }[];
            operationId?: string;
            labels?: {
                [key: string]: string;
            };
            by?: string;
            createdAtMs?: number;
            deleted?: {
                by: string;
                atMs: number;
            };
        };
        VolumeCreate: {
            name: string;
            pool: string;
            source: {
                /** @enum {string} */
                type: "empty";
            } | {
                /** @enum {string} */
                type: "image";
                image: string;
            } | {
                /** @enum {string} */
                type: "volume";
                volume: string;
            };
            mode?: "thin" | "full";
            format?: "qcow2" | "raw";
            sizeMib?: number;
            virtualBytes?: number;
            labels?: {
                [key: string]: string;
            };
        };
        VolumeCreated: {
            volume: components["schemas"]["Volume"];
            operation: components["schemas"]["Operation"];
        };
        VolumeCopy: {
            name: string;
            pool?: string;
            format?: "qcow2" | "raw";
            sizeMib?: number;
            labels?: {
                [key: string]: string;
            };
        };
        VolumeResize: {
            sizeMib: number;
        };
        VolumeMove: {
            pool: string;
        };
        VolumeSnapshot: {
            name: string;
        };
        VolumeUpload: {
            bytes: number;
        };
        Join: {
            tokenId: string;
            host: string;
            publicKey: string;
            nonce: string;
            proof: string;
        };
        Joined: {
            host: string;
            natsServers: string[];
            proof: string;
        };
        LoginWays: {
            oidc?: {
                label: string;
            };
        };
        JoinToken: {
            id: string;
            host?: string;
            state: "open" | "used" | "expired";
            by: string;
            createdAtMs: number;
            expiresAtMs: number;
            usedBy?: string;
            usedAtMs?: number;
        };
        JoinTokenCreate: {
            host?: string;
            expiresInSeconds?: number;
            addresses?: string[];
        };
        JoinTokenCreated: {
            joinToken: components["schemas"]["JoinToken"];
            token?: string;
        };
        JoinTokenList: {
            items: components["schemas"]["JoinToken"][];
            continue?: string;
        };
        Token: {
            id: string;
            name: string;
            role: "viewer" | "operator" | "admin";
            effectiveRole?: "viewer" | "operator" | "admin";
            owner: string;
            scopes?: string[];
            createdAtMs: number;
            expiresAtMs?: number;
            lastUsedAtMs?: number;
            /** @enum {boolean} */
            session?: true;
        };
        TokenCreate: {
            name: string;
            role: "viewer" | "operator" | "admin";
            scopes?: string[];
            expiresInSeconds?: number;
        };
        TokenCreated: {
            token: components["schemas"]["Token"];
            secret?: string;
        };
        Usage: {
            fromMs: number;
            untilMs: number;
            stepMs: number;
            points: {
                atMs: number;
                hosts: string[];
                cpuMilli?: number;
                mostCpuMilli?: number;
                cpuWaitMilli?: number;
                mostCpuWaitMilli?: number;
                memoryMib?: number;
                mostMemoryMib?: number;
                cpuPressurePermille?: number;
                mostCpuPressurePermille?: number;
                memoryPressurePermille?: number;
                mostMemoryPressurePermille?: number;
            }[];
            hosts: string[];
            silent: {
                host: string;
                code: string;
                message: string;
            }[];
        };
        Session: {
            name: string;
            role: "viewer" | "operator" | "admin";
            via: "configured" | "token" | "session" | "oidc" | "certificate" | "socket";
            scopes?: string[];
            expiresAtMs?: number;
            csrf?: string;
        };
        AuditEntry: {
            id: number;
            atMs: number;
            by?: string;
            role?: "viewer" | "operator" | "admin";
            via?: "configured" | "token" | "session" | "oidc" | "certificate" | "socket";
            from: string;
            method: string;
            path: string;
            outcome: "done" | "denied" | "refused";
            status: number;
            code?: string;
            made?: string;
            requestId: string;
        };
        AuditList: {
            items: components["schemas"]["AuditEntry"][];
            continue?: string;
            api: string;
        };
        TokenList: {
            items: components["schemas"]["Token"][];
            continue?: string;
        };
        ImageList: {
            items: components["schemas"]["Image"][];
            continue?: string;
        };
        VolumeList: {
            items: components["schemas"]["Volume"][];
            continue?: string;
        };
        HostList: {
            items: components["schemas"]["Host"][];
            continue?: string;
        };
        VmList: {
            items: components["schemas"]["Vm"][];
            continue?: string;
        };
        OperationList: {
            items: components["schemas"]["Operation"][];
            continue?: string;
        };
        MigrationList: {
            items: components["schemas"]["Migration"][];
            continue?: string;
        };
        PoolList: {
            items: components["schemas"]["Pool"][];
            continue?: string;
        };
        RuleList: {
            items: components["schemas"]["Rule"][];
            continue?: string;
        };
        Placements: {
            items: components["schemas"]["Placement"][];
            continue?: string;
        };
        Rehearsal: {
            /** @enum {boolean} */
            dryRun: true;
            changes: {
                change: "made" | "changed" | "removed";
                what: string;
                id: string;
            }[];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listAudit: {
        parameters: {
            query?: {
                limit?: string;
                continue?: string;
                by?: string;
                outcome?: "done" | "denied" | "refused";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditList"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getFeatures: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        version: string;
                        protocol: number;
                        features: string[];
                    };
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listHosts: {
        parameters: {
            query?: {
                limit?: string;
                continue?: string;
                /** @description key=value, or key for any value; several with commas */
                label?: string;
                state?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HostList"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getHost: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Host"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    forgetHost: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
            };
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeHost: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
            };
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["HostChange"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Host"] | components["schemas"]["Rehearsal"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cordonHost: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Host"] | components["schemas"]["Rehearsal"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    uncordonHost: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
            };
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Host"] | components["schemas"]["Rehearsal"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDrain: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    drainHost: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["DrainStart"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DrainPlan"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelDrain: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
            };
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pauseDrain: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resumeDrain: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retryInDrain: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DrainRetry"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    recoverHost: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RecoveryStart"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    restoreHost: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RestoreStart"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RestorePlan"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listVms: {
        parameters: {
            query?: {
                limit?: string;
                continue?: string;
                /** @description key=value, or key for any value; several with commas */
                label?: string;
                state?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmList"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createVm: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VmCreate"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Placement"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmCreated"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getVm: {
        parameters: {
            query?: {
                include?: "cloud-init";
            };
            header?: never;
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Vm"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteVm: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeVm: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VmChange"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Vm"] | components["schemas"]["Rehearsal"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    explainVm: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Placement"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    startVm: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["VmStart"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resumeVm: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    saveVm: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["VmSave"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stopVm: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["VmStop"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rebootVm: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["VmReboot"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmActionPlan"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pauseVm: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmActionPlan"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    unpauseVm: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmActionPlan"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resizeVm: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VmResize"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmResizePlan"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    migrateVm: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["VmMigrate"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MovePlan"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    renameVm: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VmRename"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Vm"] | components["schemas"]["VmActionPlan"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cloneVm: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VmClone"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmActionPlan"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmCloned"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getHostUsage: {
        parameters: {
            query?: {
                /** @description How far back, such as 2h; 24h unless said, and at most */
                since?: string;
                /** @description Of each point; unless said the shortest that gives at most 300 points */
                step?: string;
            };
            header?: never;
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Usage"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getVmUsage: {
        parameters: {
            query?: {
                /** @description How far back, such as 2h; 24h unless said, and at most */
                since?: string;
                /** @description Of each point; unless said the shortest that gives at most 300 points */
                step?: string;
            };
            header?: never;
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Usage"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    visitConsole: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    openConsole: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConsoleAsk"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConsoleTicket"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    askForPlacements: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PlacementAsk"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Placements"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listOperations: {
        parameters: {
            query?: {
                limit?: string;
                continue?: string;
                state?: "pending" | "running" | "succeeded" | "failed" | "cancelled" | "blocked";
                type?: "start" | "stop" | "save" | "reboot" | "pause" | "unpause" | "resize" | "delete" | "migrate" | "drain" | "restore" | "recover" | "forget-host" | "clean" | "image-import" | "image-delete" | "image-verify" | "volume-create" | "volume-delete" | "volume-resize" | "volume-move" | "volume-snapshot" | "volume-revert" | "volume-snapshot-delete" | "volume-download" | "volume-upload" | "cpu-baseline" | "pool-doctor" | "enforce" | "orphan-delete";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OperationList"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getOperation: {
        parameters: {
            query?: {
                wait?: string;
            };
            header?: never;
            path: {
                operation: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelOperation: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
            };
            path: {
                operation: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listMigrations: {
        parameters: {
            query?: {
                limit?: string;
                continue?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MigrationList"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelMigration: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
            };
            path: {
                operation: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listPools: {
        parameters: {
            query?: {
                limit?: string;
                continue?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PoolList"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    declarePool: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PoolCreate"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pool"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getPool: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pool: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pool"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deletePool: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
            };
            path: {
                pool: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pool"] | components["schemas"]["Rehearsal"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changePool: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
            };
            path: {
                pool: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PoolChange"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pool"] | components["schemas"]["Rehearsal"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    examinePool: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                pool: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listOrphans: {
        parameters: {
            query?: {
                limit?: string;
                continue?: string;
            };
            header?: never;
            path: {
                pool: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrphanList"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteOrphan: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
                host?: string;
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
            };
            path: {
                pool: string;
                file: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listImages: {
        parameters: {
            query?: {
                limit?: string;
                continue?: string;
                /** @description key=value, or key for any value; several with commas */
                label?: string;
                state?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImageList"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    importImage: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ImageImport"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImageImported"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getImage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Image"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteImage: {
        parameters: {
            query?: {
                whenUnused?: "true" | "false";
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
            };
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeImage: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
            };
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ImageChange"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Image"] | components["schemas"]["Rehearsal"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    verifyImage: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listVolumes: {
        parameters: {
            query?: {
                limit?: string;
                continue?: string;
                /** @description key=value, or key for any value; several with commas */
                label?: string;
                state?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VolumeList"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createVolume: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VolumeCreate"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VolumeCreated"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getVolume: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                volume: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Volume"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteVolume: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
            };
            path: {
                volume: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    copyVolume: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                volume: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VolumeCopy"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VolumeCreated"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resizeVolume: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                volume: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VolumeResize"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    moveVolume: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                volume: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VolumeMove"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    takeSnapshot: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                volume: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VolumeSnapshot"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revertVolume: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                volume: string;
                snapshot: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteSnapshot: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
            };
            path: {
                volume: string;
                snapshot: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    openDownload: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                volume: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    openUpload: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                volume: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VolumeUpload"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    uploadImage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    downloadVolume: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                volume: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    uploadVolume: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                volume: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getBalance: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Balance"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    planBalance: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BalancePlan"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listPastRecommendations: {
        parameters: {
            query?: {
                limit?: string;
                continue?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PastRecommendationList"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listRecommendations: {
        parameters: {
            query?: {
                limit?: string;
                continue?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecommendationList"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getRecommendation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                recommendation: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Recommendation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    applyRecommendation: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                recommendation: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    dismissRecommendation: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                recommendation: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RecommendationDismiss"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Balance"] | components["schemas"]["Rehearsal"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listRules: {
        parameters: {
            query?: {
                limit?: string;
                continue?: string;
                /** @description key=value, or key for any value; several with commas */
                label?: string;
                state?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RuleList"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createRule: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RuleCreate"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RulePlan"];
                };
            };
            /** @description Default Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rule"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getRule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rule: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rule"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setRule: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
            };
            path: {
                rule: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RuleSet"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rule"] | components["schemas"]["RulePlan"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteRule: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
            };
            path: {
                rule: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rule"] | components["schemas"]["Rehearsal"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeRule: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
            };
            path: {
                rule: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RuleChange"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rule"] | components["schemas"]["RulePlan"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    enforceRule: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path: {
                rule: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RuleEnforce"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RulePlan"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getMigrationSettings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MigrationSettingsBody"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setMigrationSettings: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    cluster?: {
                        preset?: "gentle" | "balanced" | "must-finish";
                        bandwidthMibps?: number;
                        streams?: number;
                        downtimeLadderMs?: number[];
                        throttle?: {
                            startPercent: number;
                            stepPercent: number;
                            atMostPercent: number;
                        } | false;
                        stallSeconds?: number;
                        timeoutFactor?: number;
                        timeoutAtLeastSeconds?: number;
                        whenStuck?: "give-up" | "post-copy";
                        restMinutes?: number;
                    };
                    byLabel?: {
                        label: string;
                        wish: {
                            preset?: "gentle" | "balanced" | "must-finish";
                            bandwidthMibps?: number;
                            streams?: number;
                            downtimeLadderMs?: number[];
                            throttle?: {
                                startPercent: number;
                                stepPercent: number;
                                atMostPercent: number;
                            } | false;
                            stallSeconds?: number;
                            timeoutFactor?: number;
                            timeoutAtLeastSeconds?: number;
                            whenStuck?: "give-up" | "post-copy";
                            restMinutes?: number;
                        };
                    }[];
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MigrationSettingsBody"] | components["schemas"]["Rehearsal"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getImageSettings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImageSettingsBody"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setImageSettings: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    hosts?: string[];
                    schemes?: ("https" | "http")[];
                    maxBytes?: number;
                    maxVirtualBytes?: number;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImageSettingsBody"] | components["schemas"]["Rehearsal"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getBalanceSettings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BalanceSettingsBody"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setBalanceSettings: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    mode?: "observe" | "recommend" | "automatic";
                    aggressiveness?: 1 | 2 | 3 | 4 | 5;
                    movesAtOnce?: number;
                    movesPerHour?: number;
                    cooldownMinutes?: number;
                    hours?: {
                        from: string;
                        to: string;
                    };
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BalanceSettingsBody"] | components["schemas"]["Rehearsal"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getCluster: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cluster"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    raiseEra: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EraRaise"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cluster"] | components["schemas"]["Rehearsal"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getHeadroom: {
        parameters: {
            query?: {
                /** @description Count how many more VMs with so many fit; with memoryMib */
                vcpus?: string;
                /** @description Of each of these VMs */
                memoryMib?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Headroom"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getClusterCpu: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClusterCpu"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    recomputeClusterCpu: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    followEvents: {
        parameters: {
            query?: {
                since?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description text/event-stream */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    dumpCluster: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listTokens: {
        parameters: {
            query?: {
                limit?: string;
                continue?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenList"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createToken: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TokenCreate"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenCreated"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Token"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revokeToken: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description ETags, or *: only if it is at that version still; else 412 */
                "if-match"?: string;
            };
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Token"] | components["schemas"]["Rehearsal"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    logIn: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    logOut: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"] | components["schemas"]["Rehearsal"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    waysToLogIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoginWays"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    beginLogin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The way on, in Location */
            303: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    endLogin: {
        parameters: {
            query?: {
                code?: string;
                state?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The way on, in Location */
            303: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listJoinTokens: {
        parameters: {
            query?: {
                limit?: string;
                continue?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JoinTokenList"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createJoinToken: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["JoinTokenCreate"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rehearsal"];
                };
            };
            /** @description Default Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JoinTokenCreated"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revokeJoinToken: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JoinToken"] | components["schemas"]["Rehearsal"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    join: {
        parameters: {
            query?: {
                dryRun?: "true" | "false";
            };
            header?: {
                /** @description The same key and request again, within a day: the same answer, and done once */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Join"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Joined"] | components["schemas"]["Rehearsal"];
                };
            };
            /** @description What is wrong, and what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What is wrong, and what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
