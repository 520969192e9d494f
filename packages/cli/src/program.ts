/** The tree of commands, and how help and wrong words look. What commands do is theirs. */
import { Command, Help, Option } from 'commander';
import { addAuthorityCreate } from './commands/authority.ts';
import { addBalance } from './commands/balance.ts';
import { addAudit } from './commands/audit.ts';
import { addClusterEra, addClusterShow } from './commands/cluster.ts';
import { addClusterCpu } from './commands/cluster-cpu.ts';
import { addClusterHeadroom } from './commands/cluster-headroom.ts';
import { addCompletion } from './commands/completion.ts';
import { addDoctor } from './commands/doctor.ts';
import { addDump } from './commands/dump.ts';
import { addEvents } from './commands/events.ts';
import { addExplain } from './commands/explain.ts';
import { addHostCordon, addHostUncordon } from './commands/host-cordon.ts';
import { addHostDrain } from './commands/host-drain.ts';
import { addHostForget } from './commands/host-forget.ts';
import { addHostRecover } from './commands/host-recover.ts';
import { addHostRestore } from './commands/host-restore.ts';
import { addHostList } from './commands/host-list.ts';
import { addHostSet } from './commands/host-set.ts';
import { addHostShow } from './commands/host-show.ts';
import { addImageDelete, addImageList, addImageShow, addImageVerify } from './commands/image.ts';
import { addImageImport, addImageUpload } from './commands/image-import.ts';
import { addImageSources } from './commands/image-sources.ts';
import { addInventory } from './commands/inventory.ts';
import { addMan } from './commands/man.ts';
import { addMigrationAbort, addMigrationList, addMigrationShow } from './commands/migration.ts';
import { addMigrationPolicy } from './commands/migration-policy.ts';
import {
  addOperationCancel,
  addOperationList,
  addOperationShow,
  addOperationWait,
} from './commands/operation.ts';
import { addPlan } from './commands/plan.ts';
import { addPoolCreate, addPoolList, addPoolShow } from './commands/pool.ts';
import { addPoolDelete, addPoolSet } from './commands/pool-change.ts';
import { addPoolDoctor } from './commands/pool-doctor.ts';
import { addPoolOrphans } from './commands/pool-orphans.ts';
import { addRecommendations } from './commands/recommendations.ts';
import { addRuleCreate, addRuleList, addRuleShow } from './commands/rule.ts';
import { addRuleDelete, addRuleEnforce, addRuleSet } from './commands/rule-change.ts';
import { addSimulate } from './commands/simulate.ts';
import { addStatus } from './commands/status.ts';
import { addJoinTokenCreate, addJoinTokenList, addJoinTokenRevoke } from './commands/join-token.ts';
import { addNatsCreate } from './commands/nats.ts';
import { addTokenCreate, addTokenList, addTokenRevoke } from './commands/token.ts';
import { addTop } from './commands/top.ts';
import { addHostUsage, addVmUsage } from './commands/usage.ts';
import { addVersion } from './commands/version.ts';
import { addVmClone, addVmRename } from './commands/vm-copies.ts';
import { addVmCreate } from './commands/vm-create.ts';
import { addVmDelete } from './commands/vm-delete.ts';
import { addVmList } from './commands/vm-list.ts';
import { addVmMigrate } from './commands/vm-migrate.ts';
import { addVmConsole } from './commands/vm-console.ts';
import { addVmPause, addVmReboot, addVmUnpause } from './commands/vm-power.ts';
import { addVmResize } from './commands/vm-resize.ts';
import { addVmVnc } from './commands/vm-vnc.ts';
import { addVmSet } from './commands/vm-set.ts';
import { addVmShow } from './commands/vm-show.ts';
import { addVmSave } from './commands/vm-save.ts';
import { addVmResume, addVmStart } from './commands/vm-start.ts';
import { addVmStop } from './commands/vm-stop.ts';
import {
  addVolumeCopy,
  addVolumeCreate,
  addVolumeDelete,
  addVolumeList,
  addVolumeShow,
} from './commands/volume.ts';
import { addVolumeDownload, addVolumeUpload } from './commands/volume-bytes.ts';
import {
  addVolumeMove,
  addVolumeResize,
  addVolumeRevert,
  addVolumeSnapshot,
} from './commands/volume-change.ts';
import { defaultApi } from './logic/config.ts';
import { exitCodeMeanings } from './logic/exit-code.ts';
import { clientVersion } from './logic/version.ts';

export function buildProgram(): Command {
  const help = new Help();
  const program = new Command('drover')
    .description('Places VMs on libvirt hosts, moves them live, empties hosts, and says why.')
    .usage('[options] <command>')
    .version(clientVersion, '-V, --version', 'version of this program')
    .helpOption('-h, --help', 'help for a command')
    .option('--api <url>', `where the API is (or DROVER_API; ${defaultApi})`)
    .option('--token <token>', 'seen in process lists: prefer the next one')
    .option('--token-file <path>', 'file with the token (or DROVER_TOKEN_FILE)')
    .addOption(
      new Option('-o, --output <form>', 'form of the result')
        .choices(['table', 'wide', 'json', 'yaml', 'name'])
        .default('table'),
    )
    .option('--json', 'the same as -o json')
    .option('--no-headers', 'tables without their first line')
    .option('--debug', 'tell each request to the API, on stderr')
    .configureHelp({
      showGlobalOptions: true,
      helpWidth: 80,
      // That something may be given several times is said; that it is given no time else goes without saying.
      optionDescription: (option) => help.optionDescription(option).replace(' (default: [])', ''),
    })
    .showSuggestionAfterError(true)
    .showHelpAfterError('See “drover --help”, or add --help to the command.')
    .exitOverride();
  program.commandsGroup('Look:');
  addStatus(program);
  addDoctor(program);
  addTop(program);
  addExplain(program);
  addPlan(program);
  addEvents(program);
  addDump(program);
  addInventory(program);
  addAudit(program);
  program.commandsGroup('Act:');
  addNouns(program);
  addFiles(program);
  addRecommendations(program);
  addBalance(program);
  program.commandsGroup('Else:');
  addAuthorityCreate(
    program.command('authority').description('create what certifies the hosts of a cluster'),
  );
  addNatsCreate(
    program.command('nats').description('create what NATS and its users are set up with'),
  );
  addSimulate(program);
  addVersion(program);
  addCompletion(program);
  addMan(program);
  program.helpCommand('help [command]', 'help for a command');
  return program.addHelpText('after', helpEnd());
}

function addNouns(program: Command): void {
  const host = program
    .command('host')
    .description('list, show, set, cordon, drain, restore, recover, forget hosts');
  for (const add of [
    addHostList,
    addHostShow,
    addHostUsage,
    addHostSet,
    addHostCordon,
    addHostUncordon,
    addHostDrain,
    addHostRestore,
    addHostRecover,
    addHostForget,
  ]) {
    add(host);
  }
  const vm = program
    .command('vm')
    .description('create, change, start, stop, pause, clone, move VMs');
  for (const add of [
    addVmList,
    addVmShow,
    addVmUsage,
    addVmCreate,
    addVmSet,
    addVmStart,
    addVmStop,
    addVmSave,
    addVmResume,
    addVmReboot,
    addVmPause,
    addVmUnpause,
    addVmResize,
    addVmConsole,
    addVmVnc,
    addVmRename,
    addVmClone,
    addVmDelete,
    addVmMigrate,
  ]) {
    add(vm);
  }
  const rule = program
    .command('rule')
    .description('list, show, create, set, delete, enforce rules');
  for (const add of [
    addRuleList,
    addRuleShow,
    addRuleCreate,
    addRuleSet,
    addRuleDelete,
    addRuleEnforce,
  ]) {
    add(rule);
  }
  const migration = program
    .command('migration')
    .description('list, show, abort moves; how they are made');
  addMigrationList(migration);
  addMigrationShow(migration);
  addMigrationAbort(migration);
  addMigrationPolicy(migration);
  const operation = program
    .command('operation')
    .description('list, show, wait for, cancel operations');
  addOperationList(operation);
  addOperationShow(operation);
  addOperationWait(operation);
  addOperationCancel(operation);
  const pool = program
    .command('pool')
    .description('list, show, create, set, delete storage; its doctor');
  for (const add of [
    addPoolList,
    addPoolShow,
    addPoolCreate,
    addPoolSet,
    addPoolDelete,
    addPoolDoctor,
    addPoolOrphans,
  ]) {
    add(pool);
  }
  const cluster = program
    .command('cluster')
    .description('show; headroom; its CPU; after a restore of etcd');
  addClusterShow(cluster);
  addClusterHeadroom(cluster);
  addClusterCpu(cluster);
  addClusterEra(cluster);
  const token = program.command('token').description('list, create, revoke what may use the API');
  addTokenList(token);
  addTokenCreate(token);
  addTokenRevoke(token);
  const joinToken = program
    .command('join-token')
    .description('create, list, revoke what hosts join with');
  addJoinTokenCreate(joinToken);
  addJoinTokenList(joinToken);
  addJoinTokenRevoke(joinToken);
}

function addFiles(program: Command): void {
  const image = program
    .command('image')
    .description('list, show, import, upload, verify, delete; sources');
  for (const add of [
    addImageList,
    addImageShow,
    addImageImport,
    addImageUpload,
    addImageVerify,
    addImageDelete,
    addImageSources,
  ]) {
    add(image);
  }
  const volume = program
    .command('volume')
    .description('list, show, create, copy, change, delete; bytes in and out');
  for (const add of [
    addVolumeList,
    addVolumeShow,
    addVolumeCreate,
    addVolumeCopy,
    addVolumeResize,
    addVolumeMove,
    addVolumeSnapshot,
    addVolumeRevert,
    addVolumeUpload,
    addVolumeDownload,
    addVolumeDelete,
  ]) {
    add(volume);
  }
}

function helpEnd(): string {
  const codes = exitCodeMeanings.map(([code, text]) => `  ${`${code}`.padStart(3)}  ${text}`);
  return [
    '',
    'Examples:',
    '  $ drover status',
    '  $ drover vm create web --memory 128MiB --image vms/tiny.qcow2 \\',
    '      --network br-guest',
    '  $ drover explain web',
    '  $ drover host drain h2 --dry-run',
    '',
    'Environment: DROVER_API, DROVER_TOKEN, DROVER_TOKEN_FILE, NO_COLOR, CI',
    '',
    'Exit codes:',
    ...codes,
  ].join('\n');
}
