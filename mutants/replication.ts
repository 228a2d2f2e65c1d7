import type { Mutant } from "./mutant.ts";

const REPLICATION = "packages/replication/src";
const CONTROLLER = "packages/controller/src";
const FETCHER = "packages/broker/src/fetcher/replica-fetcher.ts";

/** The catalogue's bugs of partition replication, ISR and high watermark (`reliability.md` §1.2), beside those of `index.ts`. */
export const replicationMutants: readonly Mutant[] = [
  {
    id: "P02",
    bug: "a follower of a new leader truncates to its own high watermark, and the leader does not ask in which epoch its log ends",
    source: "KIP-101, scenario 2",
    breaksDurability: true,
    edits: [
      {
        file: `${REPLICATION}/replica.ts`,
        find: "    this.current = this.followerOf(state);\n    const { leader",
        replace: `    const known = this.committed.value;
    if (known < this.log.appendedEnd) this.log.truncateTo(known, "own high watermark");
    this.current = this.followerOf(state);
    const { leader`,
      },
      { file: `${REPLICATION}/divergence.ts`, find: "if (lastFetchedEpoch >= 0) {", replace: "if (lastFetchedEpoch > 1e9) {" },
    ],
    focus: { families: ["failoverStorm"] },
  },
  {
    id: "P06",
    bug: "nobody compares the leader epochs of those who fetch and of those who answer",
    source: "KIP-320, KAFKA-9338",
    edits: [
      {
        file: `${REPLICATION}/role-in-epoch.ts`,
        find: 'if (askedEpoch !== NO_EPOCH || rule === "epoch-required") {',
        replace: 'if (askedEpoch >= 1e9 && rule === "epoch-required") {',
      },
    ],
    test: {
      file: "packages/replication/test/replica.test.ts",
      name: "answers only a fetch of its own leader epoch (P06)",
      why: "it takes a fetch of two epochs ago that comes to a leader who slept through the reign between, while the one who asked has truncated: plans hardly ever draw that; what a leader counts is checked by I-P5",
    },
  },
  {
    id: "P09",
    bug: "an answer to a fetch is applied to a log whose replica leads by now",
    source: "KAFKA-13207",
    edits: [
      {
        file: `${REPLICATION}/replica.ts`,
        find: 'return this.current.type === "follower" ? this.current.applyFetched(answer, now) : "idle";',
        replace: 'return this.current.type === "follower" ? this.current.applyFetched(answer, now) : (this.lastFollower?.applyFetched(answer, now) ?? "idle");',
      },
      {
        file: `${REPLICATION}/replica.ts`,
        find: "  private current: Role;",
        replace: "  private current: Role;\n  private lastFollower: Follower | undefined;",
      },
      {
        file: `${REPLICATION}/replica.ts`,
        find: "    this.log.assignEpoch(state.leaderEpoch);",
        replace: '    if (current.type === "follower") this.lastFollower = current;\n    this.log.assignEpoch(state.leaderEpoch);',
      },
      { file: FETCHER, find: "if (this.partitions.get(hosted.key) !== hosted) return;\n    const { epoch, endOffset }", replace: "const { epoch, endOffset }" },
    ],
    focus: { families: ["failoverStorm", "crash", "pause"], limits: { "leader.imbalance.check.interval.seconds": "1" } },
  },
  {
    id: "P11",
    bug: "a leader goes on with what followers proved in an earlier leader epoch",
    source: "KIP-966 §6.5.4, KIP-320",
    edits: [
      {
        file: `${REPLICATION}/leader.ts`,
        find: "  private readonly followers = new Map<NodeId, FollowerProgress>();",
        replace: "  followers = new Map<NodeId, FollowerProgress>();",
      },
      {
        file: `${REPLICATION}/replica.ts`,
        find: "  private current: Role;",
        replace: '  private current: Role;\n  private proved: Leader["followers"] | undefined;',
      },
      {
        file: `${REPLICATION}/replica.ts`,
        find: "    this.current = new Leader({ self: this.self, state, epochStartOffset, replicaLagTimeMaxMs: this.replicaLagTimeMaxMs, now });",
        replace: `    this.current = new Leader({ self: this.self, state, epochStartOffset, replicaLagTimeMaxMs: this.replicaLagTimeMaxMs, now });
    this.current.followers = this.proved ?? this.current.followers;
    this.proved = this.current.followers;
    this.current.resetMembership(now);`,
      },
    ],
    test: {
      file: "packages/replication/test/replica.test.ts",
      name: "counts nothing in a new leadership that followers proved in an earlier one (P06, P11)",
      why: "what a leader remembers is mostly less than it has learnt since as a follower: a plan needs two reigns of one process with the ISR shrunk between",
    },
  },
  {
    id: "P12-shrink",
    bug: "who is to leave the ISR is not waited for any more before the controller has agreed",
    source: "KIP-497, KAFKA-8836",
    edits: [
      {
        file: `${REPLICATION}/isr-state.ts`,
        find: "const maximalIsr = [...new Set([...this.isr, ...change.newIsr.map(({ brokerId }) => brokerId)])];",
        replace: "const maximalIsr = change.newIsr.map(({ brokerId }) => brokerId);",
      },
    ],
  },
  {
    id: "P14",
    bug: "the high watermark is not looked at anew when the ISR has shrunk",
    source: "KAFKA-13091, KAFKA-15021",
    edits: [{ file: `${REPLICATION}/replica.ts`, find: "    // Whom it waited for may have gone (P14).\n    this.leaderMoved(leader, now);\n", replace: "" }],
  },
  {
    id: "P15",
    bug: "a fenced broker joins the ISR",
    source: "KIP-841, KAFKA-13916",
    edits: [
      {
        file: `${REPLICATION}/leader.ts`,
        find: "return view !== undefined && !view.isFenced && view.brokerEpoch",
        replace: "return view !== undefined && view.brokerEpoch",
      },
      {
        file: `${CONTROLLER}/alter-partition.ts`,
        find: "return isReplicaAlive(image, partition, member.brokerId) && image.brokers",
        replace: "return partition.replicas.includes(member.brokerId) && image.brokers",
      },
    ],
  },
  {
    id: "P15-leaving",
    bug: "the controller takes a broker into the ISR that has been fenced since its leader asked",
    source: "KAFKA-14140",
    edits: [
      {
        file: `${CONTROLLER}/alter-partition.ts`,
        find: "return isReplicaAlive(image, partition, member.brokerId) && image.brokers",
        replace: "return partition.replicas.includes(member.brokerId) && image.brokers",
      },
    ],
    focus: { families: ["rejoinStorm"] },
  },
  {
    id: "P17",
    bug: "a broker that lost its page cache keeps its places in ISR and ELR",
    source: "KIP-966, KAFKA-15586",
    edits: [
      { file: `${CONTROLLER}/registration.ts`, find: "...(request.pageCacheSurvived ? [] :", replace: "...(request.pageCacheSurvived || brokerId >= 0 ? [] :" },
    ],
    breaksDurability: true,
  },
  {
    id: "P17-elr",
    bug: "a broker that lost its page cache leaves the ISR and stays in the ELR",
    source: "KIP-966",
    edits: [
      {
        file: `${CONTROLLER}/partition-change.ts`,
        find: "filter((id) => !isr.includes(id) && id !== lossy && replicas.includes(id));",
        replace: "filter((id) => !isr.includes(id) && replicas.includes(id));",
      },
    ],
  },
  {
    id: "P17-vouched",
    bug: "a broker says that its page cache survived whatever happened",
    source: "KAFKA-10471, KAFKA-15375, our boot id",
    edits: [
      {
        file: "packages/server/src/node-identity.ts",
        find: 'pageCacheSurvived: bootId !== NOT_VOUCHED_FOR && properties.get("samsa.boot.id") === bootId',
        replace: "pageCacheSurvived: true",
      },
    ],
  },
  {
    id: "P17-fenced",
    bug: "the last known leader is elected though it is fenced",
    source: "KAFKA-19522",
    edits: [
      {
        file: `${CONTROLLER}/partition-change.ts`,
        find: "if (isr.length === 0 && elr.length === 0 && last !== NO_NODE && isAlive(last)) return last;",
        replace: "if (isr.length === 0 && elr.length === 0 && last !== NO_NODE) return last;",
      },
    ],
  },
  {
    id: "P18",
    bug: "the high watermark moves on while the ISR is below its minimum",
    source: "KAFKA-15583",
    edits: [{ file: `${REPLICATION}/leader.ts`, find: "    if (this.isUnderMinIsr) return undefined;\n", replace: "" }],
  },
  {
    id: "P18-local",
    bug: "each broker goes by the min.insync.replicas of its own file",
    source: "KAFKA-16540",
    edits: [
      {
        file: "packages/broker/src/replicas/topic-config.ts",
        find: 'return integerOf(image.topicConfig(topic).get("min.insync.replicas"), clusterDefault);',
        replace: "return topic === undefined ? clusterDefault : config.minInsyncReplicas;",
      },
    ],
  },
  {
    id: "P18-unmet",
    bug: "min.insync.replicas counts as configured where there are fewer replicas than that",
    source: "KAFKA-15583",
    edits: [
      {
        file: `${REPLICATION}/leader.ts`,
        find: "return Math.max(1, Math.min(this.minInsyncReplicas, this.replicas.length));",
        replace: "return Math.max(1, this.minInsyncReplicas);",
      },
    ],
  },
  {
    id: "P21",
    bug: "a new leader tells of its own high watermark as the end before it has reached its epoch's start",
    source: "KIP-207",
    edits: [
      {
        file: `${REPLICATION}/list-offset.ts`,
        find: "const isBehindEpoch = visibleEnd < epochStartOffset;",
        replace: "const isBehindEpoch = visibleEnd < 0 && epochStartOffset < 0;",
      },
    ],
    focus: { families: ["failoverStorm", "crash", "pause"], limits: { "leader.imbalance.check.interval.seconds": "1" } },
  },
  {
    id: "P22",
    bug: "consumers are given what is not committed",
    source: "Redpanda #14794",
    edits: [
      {
        file: `${REPLICATION}/replica.ts`,
        find: "if (!isReadCommitted) return this.readFrom(request, this.committed.value);",
        replace: "if (!isReadCommitted) return this.readFrom(request, this.log.appendedEnd);",
      },
    ],
  },
  {
    id: "P22-hw",
    bug: "the high watermark moves when the leader alone has written",
    source: "Redpanda #16475",
    edits: [{ file: `${REPLICATION}/leader.ts`, find: "if (proved.fetchOffset < end) end = proved.fetchOffset;", replace: "" }],
    breaksDurability: true,
  },
  {
    id: "P23",
    bug: "an answer to a fetch is applied whatever epoch and offset it was asked for",
    source: "KAFKA-18723",
    edits: [
      {
        file: `${REPLICATION}/follower.ts`,
        find: 'if (answer.forLeaderEpoch !== this.leaderEpoch || answer.forFetchOffset !== position?.fetchOffset) return "idle";',
        replace: 'if (position === undefined) return "idle";',
      },
      { file: FETCHER, find: "if (this.partitions.get(hosted.key) !== hosted) return;\n    const { epoch, endOffset }", replace: "const { epoch, endOffset }" },
    ],
    test: {
      file: "packages/replication/test/replica.test.ts",
      name: "takes no answer to a fetch of another epoch or position, and none as a leader (P09, P23)",
      why: "a fetcher has one fetch on its way, and forgets it with its connection: an answer of another epoch comes only where one leader goes on leading other partitions; P09, the same with a leader's log, is found by a plan",
    },
  },
  {
    id: "P28",
    bug: "min.insync.replicas is not asked before the append",
    source: "KAFKA-15583, Partition.scala",
    edits: [{ file: `${REPLICATION}/replica.ts`, find: "if (acks === -1 && leader.isUnderMinIsr) {", replace: "if (acks === -1 && leader.isr.length < 1) {" }],
  },
  {
    id: "P28-after",
    bug: "acks=all is answered when today's ISR has the record, however few they are",
    source: "KAFKA-15583, Partition.scala",
    edits: [
      {
        file: `${REPLICATION}/replica.ts`,
        find: 'return this.maximalIsr.length < current.effectiveMinIsr ? "NOT_ENOUGH_REPLICAS_AFTER_APPEND" : "done";',
        replace: 'return "done";',
      },
      { file: `${REPLICATION}/leader.ts`, find: "    if (this.isUnderMinIsr) return undefined;\n", replace: "" },
    ],
  },
  {
    id: "P06-session",
    bug: "of a fetch session only the first fetch is compared with the leader epoch",
    source: "KAFKA-9338",
    edits: [
      {
        file: "packages/broker/src/api/fetch-on-its-way.ts",
        find: "const currentLeaderEpoch = leaderEpoch(Math.max(NO_EPOCH, asked.currentLeaderEpoch));",
        replace: "const currentLeaderEpoch = partition.highWatermark < 0 ? leaderEpoch(asked.currentLeaderEpoch) : replica.leaderEpoch;",
      },
    ],
    test: {
      file: "packages/broker/test/api/fetch-session.test.ts",
      name: "is fenced by the leader epoch of each partition in every later fetch (KAFKA-9338, P06)",
      why: "as P06",
    },
  },
  {
    id: "P11-readded",
    bug: "a leader remembers what a replica proved that was taken from the replicas and added again",
    source: "KIP-966 §6.5.4",
    edits: [
      {
        file: `${REPLICATION}/leader.ts`,
        find: "for (const id of this.followers.keys()) if (!this.replicas.includes(id)) this.followers.delete(id);",
        replace: "",
      },
    ],
    test: {
      file: "packages/replication/test/leader.test.ts",
      name: "forgets what a replica proved that is taken from the replicas: added again in the same leader epoch it may have lost all (P11)",
      why: "plans of faults do not reassign",
    },
  },
  {
    id: "P19",
    bug: "of a leader epoch that it does not know a leader says that it ends where its log does",
    source: "KIP-320, KAFKA-9840",
    edits: [
      {
        file: `${REPLICATION}/divergence.ts`,
        find: "return { leaderEpoch: NO_EPOCH, endOffset: offset(-1) };",
        replace: "return { leaderEpoch: epoch, endOffset: log.appendedEnd };",
      },
    ],
    test: {
      file: "packages/broker/test/api/offset-for-leader-epoch.test.ts",
      name: "knows nothing of an epoch after the latest, or of none",
      why: "no client of the simulation asks OffsetForLeaderEpoch: they find a truncation by the epoch of their fetches",
    },
  },
  {
    id: "P20",
    bug: "the high watermark stays where it was when the log begins anew elsewhere",
    source: "KAFKA-9491, KAFKA-12996",
    edits: [{ file: `${REPLICATION}/follower.ts`, find: "      this.highWatermark.restartAt(toOffset, now);\n", replace: "" }],
    test: {
      file: "packages/replication/test/replica.test.ts",
      name: "has its high watermark where it starts anew, whether that is before or after where it was (P20)",
      why: "plans of faults delete no records, so that no log starts behind another one's end",
    },
  },
  {
    id: "P26",
    bug: "a consumer is sent to a replica that is fenced",
    source: "KAFKA-14372, KAFKA-15390",
    edits: [
      {
        file: "packages/broker/src/api/preferred-read-replica.ts",
        find: "broker === undefined || broker.isFenced || broker.rack",
        replace: "broker === undefined || broker.rack",
      },
    ],
    test: {
      file: "packages/broker/test/api/fetch-from-follower.test.ts",
      name: "names nobody who is fenced or out of the ISR (P26)",
      why: "who is fenced leaves the ISR in the same entry, and its leader hears of both at once: a plan sees a detour of the consumer at most",
    },
  },
];
