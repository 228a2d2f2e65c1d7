import type { Mutant } from "./mutant.ts";

const METADATA = "packages/metadata";
const CONTROLLER = "packages/controller";

const NO_SNAPSHOTS =
  "the test names the record at once; of the simulated nodes only one that needs a snapshot, and is asked for what it left out, would show it";
const NOT_IN_PLANS = "plans of faults neither delete topics, reassign, nor alter configs";
const DIES_AT_ONCE = "every replay asserts it, so that any run dies of it: the invariant is the oracle, and a plan would show no more";

/** Bugs of the controller and of what it decides on, by the catalogue's C entries and what belongs to them. */
export const controllerMutants: readonly Mutant[] = [
  {
    id: "C02",
    bug: "one type of record is left out of snapshots",
    source: "KAFKA-15860",
    edits: [
      {
        file: `${METADATA}/src/snapshot.ts`,
        find: "for (const [resource, values] of image.tables.configs.entries()) yield* configRecords(resource, values);",
        replace: "",
      },
    ],
    test: {
      file: `${METADATA}/test/snapshot.property.test.ts`,
      name: "replay of all records, and of a snapshot at any point with the tail behind it, give equal images (I-M2)",
      why: NO_SNAPSHOTS,
    },
  },
  {
    id: "C02b",
    bug: "what a snapshot has no more survives its loading",
    source: "KAFKA-14894",
    edits: [
      {
        file: `${METADATA}/src/metadata-changes.ts`,
        find: "removedTopics: new Map([...before.topics()].filter(({ topicId }) => after.topicById(topicId) === undefined).map((topic) => [topic.topicId, topic])),",
        replace: "removedTopics: new Map(),",
      },
    ],
    test: {
      file: `${METADATA}/test/snapshot.property.test.ts`,
      name: "what lies between two images is what the entries between them changed",
      why: NO_SNAPSHOTS,
    },
  },
  {
    id: "C03",
    bug: "metadata is published when it is decided, not when it is committed",
    source: "KAFKA-14457",
    edits: [
      {
        file: `${CONTROLLER}/src/controller.ts`,
        find: "  get image(): MetadataImage {\n    return this.log.committed;",
        replace: "  get image(): MetadataImage {\n    return this.log.speculative;",
      },
    ],
    test: {
      file: `${CONTROLLER}/test/leadership.test.ts`,
      name: "C03: nobody sees what is not committed, and what is lost is dropped",
      why: "the node ends of its own invariants (broker epochs, order of entries) before an observer could compare images",
    },
  },
  {
    id: "C04",
    bug: "an entry that can't be replayed is passed over, and the controller goes on",
    source: "KAFKA-14275, KAFKA-14644",
    edits: [
      {
        file: "packages/command-log/src/command-log.ts",
        find: "    const { state, change } = this.options.replay(this.committedState, entry.records, entry.index);",
        replace: `    let replayed: Replayed<State, Change>;
    try { replayed = this.options.replay(this.committedState, entry.records, entry.index); } catch { replayed = this.options.replay(this.committedState, [], entry.index); }
    const { state, change } = replayed;`,
      },
    ],
    test: {
      file: `${CONTROLLER}/test/leadership.test.ts`,
      name: "C04: an entry that can't be replayed ends the controller: it must not go on with another image than the others",
      why: "no fault of the plans makes a committed entry that can't be replayed: the log has checksums, and all nodes run the same code",
    },
  },
  {
    id: "C04b",
    bug: "the controller goes on where Raft refused its batch",
    source: "KAFKA-13104",
    edits: [{ file: "packages/server/src/propose-batch.ts", find: "  controller.lostLeadership(now);\n", replace: "" }],
    test: {
      file: "packages/server/test/propose-batch.property.test.ts",
      name: "after a refused proposal nothing that was decided in its leadership gets out, and every node can replay the log",
      why: "Raft refuses within the very turn in which it loses its leadership; the property draws that turn, plans of faults hardly ever hit it",
    },
  },
  {
    id: "C05",
    bug: "a controller goes on after it has seen an entry of a newer one",
    source: "KAFKA-14154",
    edits: [
      {
        file: `${CONTROLLER}/src/controller.ts`,
        find: "if (this.leaderEpoch !== undefined && entry.epoch > this.leaderEpoch) this.lostLeadership(now);",
        replace: "",
      },
    ],
    test: {
      file: `${CONTROLLER}/test/leadership.test.ts`,
      name: "C05: an entry of a newer epoch ends a leadership, whatever Raft says later",
      why: "our Raft tells of the lost role before it hands out another leader's entry: this is the second line behind that order",
    },
  },
  {
    id: "C06",
    bug: "a new leader is elected in the old leader epoch",
    source: "KAFKA-13790",
    edits: [{ file: `${CONTROLLER}/src/partition-change.ts`, find: "(hasChangedLeader ? 1 : 0)", replace: "0" }],
    test: {
      file: `${CONTROLLER}/test/fencing.test.ts`,
      name: "elects the next replica of the ISR, in replica order, in a new leader epoch",
      why: DIES_AT_ONCE,
    },
  },
  {
    id: "C06b",
    bug: "a follower begins anew at every change of its partition",
    source: "KAFKA-13790",
    edits: [{ file: "packages/replication/src/replica.ts", find: "      return current.update(state);\n", replace: "" }],
    test: {
      file: "packages/replication/test/replica.test.ts",
      name: "C06: a follower goes on where only the ISR of its partition has changed: it begins anew in a new leader epoch only",
      why: "it costs fetches, and breaks no promise that is checked after every step",
    },
  },
  {
    id: "C07",
    bug: "a broker is unfenced when it has applied the end of the log, which moves",
    source: "KAFKA-13959",
    edits: [
      {
        file: `${CONTROLLER}/src/registration.ts`,
        find: "request.appliedIndex >= registration.registeredAtIndex",
        replace: "request.appliedIndex >= committed.index",
      },
    ],
    test: {
      file: `${CONTROLLER}/test/registration.test.ts`,
      name: "C07: unfences a broker that has applied its registration, however far the log has moved on",
      why: "the log stands still in a healed cluster (there are no entries that only keep time), so that the broker catches up in every run",
    },
  },
  {
    id: "C08",
    bug: "another incarnation is registered while the earlier one's session is valid",
    source: "KAFKA-16952",
    edits: [
      {
        file: `${CONTROLLER}/src/registration.ts`,
        find: "if (known !== undefined && !known.isFenced)",
        replace: "if (known !== undefined && Number.isNaN(0))",
      },
    ],
    test: {
      file: `${CONTROLLER}/test/registration.test.ts`,
      name: "C08: refuses another incarnation while one is unfenced, and has the old one probed",
      why: DIES_AT_ONCE,
    },
  },
  {
    id: "C08b",
    bug: "the same incarnation gets another epoch when it registers again",
    source: "KAFKA-16952",
    edits: [
      {
        file: `${CONTROLLER}/src/registration.ts`,
        find: "if (known?.incarnationId === incarnationId)",
        replace: "if (known?.incarnationId === incarnationId && known.isFenced && Number.isNaN(0))",
      },
    ],
    test: {
      file: `${CONTROLLER}/test/registration.test.ts`,
      name: "gives the same incarnation the epoch it has (KAFKA-16952)",
      why: "a broker registers again only where its first answer was lost; it asks until it has one, and loses nothing by a newer epoch at that time",
    },
  },
  {
    id: "wiped-disk-trusted",
    bug: "a broker that returns with another disk is elected for what the old one held",
    source: "KIP-966, our directory id",
    edits: [
      {
        file: `${CONTROLLER}/src/registration.ts`,
        find: "= lostDirectories(known, request);",
        replace: "= Number.isNaN(0) ? lostDirectories(known, request) : undefined;",
      },
    ],
    test: {
      file: `${CONTROLLER}/test/registration.test.ts`,
      name: "takes the broker out of ISR and ELR, whatever it says of its page cache",
      why: "an empty directory has no boot id either, so that its broker claims the loss of its page cache as well: two guards, of which a plan sees only both",
    },
  },
  {
    id: "R10b",
    bug: "a controller that lost its metadata log alone keeps the directory id under which it promised",
    source: "KAFKA-14077",
    edits: [{ file: "packages/server/src/node.ts", find: "isController && !hasPromised)", replace: "isController && !hasPromised && Number.isNaN(0))" }],
    test: {
      file: "packages/simulator/test/cluster/separate-roles.test.ts",
      name: "take a voter that lost its metadata log for another one, and put it in the place of the lost one (seed 1)",
      why: "no fault of a plan takes files from a disk: what a whole lost disk may cost, no verdict could tell from a bug",
    },
  },
  {
    id: "P24",
    bug: "a log is known by its topic's name alone",
    source: "KAFKA-14616, KIP-516",
    edits: [{ file: "packages/log/src/recovery-identity.ts", find: "else if (found !== topicId) {", replace: "else if (Number.isNaN(0)) {" }],
    test: {
      file: "packages/simulator/test/cluster/topic-deletion.test.ts",
      name: "has a broker that was down meanwhile set aside what is left, though the name is used again (seed 1)",
      why: NOT_IN_PLANS,
    },
  },
  {
    id: "P25",
    bug: "a reassignment ends when any of its new replicas is in the ISR",
    source: "KAFKA-15665",
    edits: [{ file: `${CONTROLLER}/src/reassignment.ts`, find: "addingReplicas.every(", replace: "addingReplicas.some(" }],
    test: {
      file: `${CONTROLLER}/test/reassignment.test.ts`,
      name: "a reassignment goes on while one of its new replicas is not in the ISR (P25)",
      why: NOT_IN_PLANS,
    },
  },
];
