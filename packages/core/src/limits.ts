/** Every upper bound and default of the deciding core, in one place. */
export const limits = {
  hosts: 1_000,
  vms: 20_000,
  migrationsOutPerHost: 1,
  migrationsInPerHost: 1,
  /** Short moves, or capped ones, that share a link at most. */
  migrationsBeside: 4,
  /** Of plans; what is really under way grows with the hosts. */
  migrationsPerCluster: 8,
  /** Assumed where no link speed is known, for estimates only. */
  linkMibPerSecond: 100,
  /** What a migration takes besides copying: preparing the target, switching over, tidying up. */
  migrationOverheadSeconds: 2,
  /** Of the pause at the end of a migration, what is not copying. */
  switchOverMs: 50,
  cpuOvercommitPermilleDefault: 4_000,
  /** Ways of placing one VM that are tried to place several, where the first does not do. */
  seatTries: 200_000,
  /** Hosts looked at in all of them. */
  seatWork: 5_000_000,
  /** VMs that are started again in thought, to say how much the cluster bears; sets of hosts that are tried. */
  headroomWork: 200_000,
  headroomSets: 20_000,
  /** Hosts looked at for VMs, where somebody waits for the answer and more than room matters. */
  headroomAskedWork: 10_000,
  /** VMs of one shape that are counted into what is free. */
  roomForMost: 10_000,
  /** Ways of grouping hosts into rounds that are tried, and how finely their sizes are stepped. */
  rollingTries: 400,
  /** Hosts looked at in all of them. */
  rollingWork: 8000,
  rollingSteps: 20,
  /** Of the search for room in each of them. */
  rollingSearchSteps: 4000,
  /** Hosts that are tried where moves are counted. */
  consolidationTries: 12,
  /** Losses of hosts that are tried on a rule, and hosts looked at in all of them. */
  ruleLosses: 1000,
  ruleWork: 50_000,
  /** Other rules that are left out in thought to find the one in the way. */
  ruleConflictTries: 8,
  /** Arrangements that are looked at where every one is. */
  exhaustiveStates: 70_000,
  /** The most that a term of a score may count. */
  scoreWeight: 100,
  /** Of a soft rule that does not say. */
  ruleWeightDefault: 10,
  balanceCooldownMs: 6 * 3_600_000,
  balanceMovesPerHour: 30,
  balanceMibPerHour: 1_048_576,
  /** From where on a host is under pressure: thousandths of time in which something waited. */
  pressurePermille: 100,
  /** How long a cluster has to be uneven before anything is moved for it. */
  balanceHoldMs: 60_000,
  /** Of each search for a better arrangement: for each unit that may be moved, and the most of them. */
  balanceStepsPerUnit: 6000,
  balanceSteps: 2_000_000,
  /** Searches one after the other, each from where the last one ended. */
  balanceRounds: 50,
  /** Of each search for room: for each unit that may be moved, and the most of them. */
  drainStepsPerUnit: 2000,
  drainSteps: 200_000,
  /** Searches from different chances; the cheapest of what they find is taken. */
  drainSearches: 4,
  /** Pairs of a VM and a host that are compared before each is placed. */
  drainPairs: 20_000,
} as const;
