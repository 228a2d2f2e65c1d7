import type { Mutant } from "./mutant.ts";

const GROUPS = "packages/coordinators/src/groups";
const CLASSIC_TEST = "packages/coordinators/test/classic-groups.test.ts";
const OFFSETS_TEST = "packages/coordinators/test/offsets.test.ts";
const NO_GROUPS_IN_PLANS = "the workloads of plans have no groups yet";

/** The catalogue's bugs of consumer groups (`reliability.md` §1.5); G01 comes with its protocol, G09 is a case of the checker. */
export const groupMutants: readonly Mutant[] = [
  {
    id: "G03",
    bug: "a member that is known commits offsets whatever its generation",
    source: "KAFKA-2555",
    edits: [{ file: `${GROUPS}/classic/validate-commit.ts`, find: 'if (generation !== group.generation) return "ILLEGAL_GENERATION";', replace: "" }],
    test: { file: OFFSETS_TEST, name: "takes offsets from a member of the generation only, as long as there are members (G03)", why: NO_GROUPS_IN_PLANS },
  },
  {
    id: "G04",
    bug: "a static member's new id is in memory only",
    source: "KAFKA-10284, KAFKA-9801",
    edits: [
      {
        file: `${GROUPS}/classic/join.ts`,
        find: "write([groupMetadata(group, ({ assignment }) => assignment)], settled, now);",
        replace: "settled(undefined, now);",
      },
    ],
    test: {
      file: CLASSIC_TEST,
      name: "lets a static member come back under another id without a new generation, and fences the old one (G04)",
      why: NO_GROUPS_IN_PLANS,
    },
  },
  {
    id: "G05",
    bug: "nobody looks whether members ask for their assignment",
    source: "KAFKA-12890, KAFKA-9752",
    edits: [
      {
        file: `${GROUPS}/classic/rebalances.ts`,
        find: "this.timers.schedule(syncKey(group), group.rebalanceTimeoutMs, (at) => this.syncExpired(group, generation, at), now);",
        replace: "if (Number.isNaN(generation)) this.syncExpired(group, generation, now);",
      },
    ],
    test: { file: CLASSIC_TEST, name: "takes those out who never ask for their assignment (G05)", why: NO_GROUPS_IN_PLANS },
  },
  {
    id: "G06",
    bug: "offsets expire by the time of their commit, whoever reads on",
    source: "KAFKA-13636",
    edits: [
      {
        file: `${GROUPS}/offsets/offset-expiry.ts`,
        find: "if (group?.protocolType === undefined) return commitTimestamp;",
        replace: "if (group !== undefined) return commitTimestamp;",
      },
    ],
    test: { file: OFFSETS_TEST, name: "keeps offsets as long as the group has members, and their time after it (G06)", why: NO_GROUPS_IN_PLANS },
  },
  {
    id: "G08",
    bug: "a coordinator serves what it has loaded while the rest is not committed",
    source: "KAFKA-16030",
    edits: [
      {
        file: "packages/broker/src/coordinators/group-partition.ts",
        find: "if (!replay.readTo(committed) || committed < startOffset) return;",
        replace: "if (!replay.readTo(committed)) return;",
      },
    ],
    test: {
      file: "packages/broker/test/coordinators/group-coordinators.test.ts",
      name: "tells nothing of a new epoch's groups before all that lay below its start is committed (G08)",
      why: NO_GROUPS_IN_PLANS,
    },
  },
  {
    id: "G08-speculative",
    bug: "consumers are told offsets that are not committed yet",
    source: "KAFKA-16030",
    edits: [
      {
        file: `${GROUPS}/group-coordinator.ts`,
        find: "offsetsOf(this.shard.committedState, group.groupId)",
        replace: "offsetsOf(this.shard.state, group.groupId)",
      },
    ],
    test: { file: OFFSETS_TEST, name: "tells an offset once the log has it, and not before", why: NO_GROUPS_IN_PLANS },
  },
  {
    id: "G-early-assignment",
    bug: "members are told their assignment before the log has it",
    source: "Kafka's GroupMetadataManager",
    edits: [
      {
        file: `${GROUPS}/classic/sync.ts`,
        find: "    this.write([groupMetadata(group, ({ memberId }) => byMember.get(memberId) ?? NO_BYTES)], settled, now);",
        replace: "    this.write([groupMetadata(group, ({ memberId }) => byMember.get(memberId) ?? NO_BYTES)], () => {}, now);\n    settled(undefined, now);",
      },
    ],
    test: {
      file: CLASSIC_TEST,
      name: "brings members together in one generation, and gives each what the leader assigns to it once the log has it",
      why: NO_GROUPS_IN_PLANS,
    },
  },
];
