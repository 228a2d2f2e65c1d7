import type { Mutant } from "./mutant.ts";

const GROUPS = "packages/coordinators/src/groups";
const CLASSIC_TEST = "packages/coordinators/test/classic-groups.test.ts";
const OFFSETS_TEST = "packages/coordinators/test/offsets.test.ts";
const CONSUMER_TEST = "packages/coordinators/test/consumer-groups.test.ts";
const CONSUMER_OFFSETS_TEST = "packages/coordinators/test/consumer-offsets.test.ts";
const MIGRATION_TEST = "packages/coordinators/test/migration.test.ts";
const REGEX_TEST = "packages/coordinators/test/consumer-regexes.test.ts";
const LOG_TEST = "packages/coordinators/test/consumer-group-log.test.ts";
const NO_CONSUMER_GROUPS_IN_PLANS = "the groups of plans speak the classic protocol";

/** The catalogue's bugs of consumer groups (`reliability.md` §1.5); G09 is a case of the checker. */
export const groupMutants: readonly Mutant[] = [
  {
    id: "G01",
    bug: "a member is given what another one has been told to give up, and has not given up yet",
    source: "crabka PR #521",
    edits: [
      {
        file: `${GROUPS}/consumer/member-assignment.ts`,
        find: "  for (const held of eachPartition(pendingRevocation)) if (!hasPartition(assigned, ...held)) yield held;\n",
        replace: "  if (pendingRevocation.size < 0) yield* eachPartition(pendingRevocation);\n",
      },
    ],
    test: { file: CONSUMER_TEST, name: "gives a partition to nobody before the member that has it has given it up (G01)", why: NO_CONSUMER_GROUPS_IN_PLANS },
  },
  {
    id: "KAFKA-16147",
    bug: "a partition has no owner any more when it goes from what its member has to give up back to what it has",
    source: "KAFKA-16147",
    edits: [
      {
        file: `${GROUPS}/consumer/consumer-group-state.ts`,
        find: "  return { ...group, assignments: put(group.assignments, memberId, assignment), owners: group.owners.with(owners) };",
        replace:
          "  for (const [topicId, left] of before?.pendingRevocation ?? []) for (const one of left.keys()) owners.set(partitionKey(topicId, one), undefined);\n" +
          "  return { ...group, assignments: put(group.assignments, memberId, assignment), owners: group.owners.with(owners) };",
      },
    ],
    test: {
      file: CONSUMER_TEST,
      name: "keeps a partition for its member that goes from what it has to give up back to what it has (KAFKA-16147)",
      why: NO_CONSUMER_GROUPS_IN_PLANS,
    },
  },
  {
    id: "G01-stale-answer",
    bug: "an old request on a slow connection frees what its member has been given since",
    source: "KIP-848",
    edits: [
      {
        file: `${GROUPS}/consumer/consumer-groups.ts`,
        find: "request.topicPartitions === null || !isCurrent ? null",
        replace: "request.topicPartitions === null ? null",
      },
    ],
    test: { file: CONSUMER_TEST, name: "believes what a member has given up only when it says so in its epoch", why: NO_CONSUMER_GROUPS_IN_PLANS },
  },
  {
    id: "G03-consumer",
    bug: "a member commits offsets whatever its epoch",
    source: "KIP-848, KIP-1251",
    edits: [
      {
        file: `${GROUPS}/consumer/validate-consumer-commit.ts`,
        find: "since !== undefined && since <= epoch",
        replace: "since === undefined || since > -1",
      },
    ],
    test: {
      file: CONSUMER_OFFSETS_TEST,
      name: "takes offsets of an earlier epoch for partitions that the member has had since then, and for no others (KIP-1251)",
      why: NO_CONSUMER_GROUPS_IN_PLANS,
    },
  },
  {
    id: "G05-consumer",
    bug: "nobody looks whether a member gives up what it has to",
    source: "KIP-848",
    edits: [
      {
        file: `${GROUPS}/consumer/member-timers.ts`,
        find: 'if (assignment.state === "UNREVOKED_PARTITIONS" && metadata',
        replace: "if (assignment.memberEpoch < -9 && metadata",
      },
    ],
    test: {
      file: CONSUMER_TEST,
      name: "takes a member out that does not give up what it has to within its rebalance time-out",
      why: NO_CONSUMER_GROUPS_IN_PLANS,
    },
  },
  {
    id: "G01-upgrade",
    bug: "a classic group that becomes a consumer group gives a partition to each of two members to whom a client has assigned it",
    source: "KIP-848",
    edits: [
      {
        file: `${GROUPS}/migration/upgrade.ts`,
        find: "      if (taken.has(partitionKey(topicId, partition))) continue;\n",
        replace: "",
      },
    ],
    test: { file: MIGRATION_TEST, name: "takes a partition that a client has assigned twice from one of the two", why: NO_CONSUMER_GROUPS_IN_PLANS },
  },
  {
    id: "G-upgrade-lives-on",
    bug: "a classic group that has become a consumer group goes on with what was under way in it",
    source: "ours",
    edits: [
      {
        file: `${GROUPS}/group-coordinator.ts`,
        find: '    group.goTo("Dead", now.wallMs);\n',
        replace: "",
      },
    ],
    test: {
      file: MIGRATION_TEST,
      name: "writes nothing more of a classic group that has become a consumer group, whatever was under way in it",
      why: NO_CONSUMER_GROUPS_IN_PLANS,
    },
  },
  {
    id: "G-upgrade-half",
    bug: "a classic group is gone from the log before the consumer group is there that it becomes",
    source: "ours",
    edits: [
      {
        file: `${GROUPS}/consumer/group-draft.ts`,
        find: "    this.parts.decided.push(groupTombstone(this.groupId));",
        replace: "    this.parts.ahead.push(groupTombstone(this.groupId));",
      },
    ],
    test: {
      file: MIGRATION_TEST,
      name: "stays a classic group where the log takes only a part of what it would become, and becomes another one later",
      why: NO_CONSUMER_GROUPS_IN_PLANS,
    },
  },
  {
    id: "G-pieces",
    bug: "a group begins anew mixed up with what is left of an earlier one",
    source: "ours",
    edits: [
      {
        file: `${GROUPS}/left-behind.ts`,
        find: "  return pieces === undefined ? [] : groupTombstones(pieces);",
        replace: "  return pieces === undefined ? [] : groupTombstones(pieces).slice(0, 0);",
      },
    ],
    test: { file: LOG_TEST, name: "takes what is left of a group that is not there any more out of the log", why: NO_CONSUMER_GROUPS_IN_PLANS },
  },
  {
    id: "G-downgrade-unsaid",
    bug: "a consumer group that becomes a classic one is one in memory only",
    source: "KIP-848",
    edits: [
      {
        file: `${GROUPS}/consumer/group-draft.ts`,
        find: "    this.parts.decided.push(...tombstones.filter((record) => !isOfMember(record)), classic);",
        replace: "    this.parts.decided.push(...tombstones.filter((record) => !isOfMember(record) && record !== classic));",
      },
    ],
    test: { file: MIGRATION_TEST, name: "becomes a classic group again when the last member with the new protocol goes", why: NO_CONSUMER_GROUPS_IN_PLANS },
  },
  {
    id: "G-downgrade-lost",
    bug: "a group that has just become a classic one is taken for one that has assigned, by the coordinator that takes over",
    source: "ours, found by the property of migration",
    edits: [{ file: `${GROUPS}/group-coordinator.ts`, find: " || group.isUnassigned", replace: "" }],
    test: {
      file: MIGRATION_TEST,
      name: "has its members join again also where another coordinator takes over a group that has just become a classic one",
      why: NO_CONSUMER_GROUPS_IN_PLANS,
    },
  },
  {
    id: "G01-upgrade-owned",
    bug: "what a member of a classic group reads on while its generation has no assignment is given to others when the group becomes a consumer group",
    source: "KIP-429; ours, found by the property of migration",
    edits: [
      {
        file: `${GROUPS}/migration/upgrade.ts`,
        find: "  for (const { memberId, owned } of members) take(memberId, owned);\n",
        replace: "",
      },
    ],
    test: {
      file: MIGRATION_TEST,
      name: "gives nobody what a member said that it has when it joined a generation that never came to an assignment (G01)",
      why: NO_CONSUMER_GROUPS_IN_PLANS,
    },
  },
  {
    id: "G-downgrade-timers",
    bug: "time-outs of a consumer group go on in the classic group that it has become",
    source: "ours",
    edits: [
      {
        file: `${GROUPS}/migration/classic-members.ts`,
        find: "    if (isWritten && draft.becomes === undefined) consumers",
        replace: "    if (isWritten) consumers",
      },
    ],
    test: {
      file: MIGRATION_TEST,
      name: "lets no time-out of a consumer group go on in the classic group that it has become",
      why: NO_CONSUMER_GROUPS_IN_PLANS,
    },
  },
  {
    id: "G-early-heartbeat",
    bug: "a member hears of a decision before the log has it",
    source: "KIP-848",
    edits: [
      {
        file: `${GROUPS}/consumer/consumer-groups.ts`,
        find: "    this.write(draft, settled, now);\n    const member",
        replace: "    settled(undefined, now);\n    this.write(draft, () => {}, now);\n    const member",
      },
    ],
    test: { file: CONSUMER_TEST, name: "answers a heartbeat once the log has what it decided, and not before", why: NO_CONSUMER_GROUPS_IN_PLANS },
  },
  {
    id: "G-early-leave",
    bug: "who leaves a consumer group is answered before the log has it",
    source: "ours",
    edits: [
      {
        file: `${GROUPS}/migration/classic-members.ts`,
        find: "      if (isLast) consumers.fence(draft, some, now);",
        replace: '      if (isLast) answer("NONE");\n      if (isLast) consumers.fence(draft, some, now);',
      },
    ],
    test: { file: MIGRATION_TEST, name: "answers who leaves a consumer group when the log has it, and not before", why: NO_CONSUMER_GROUPS_IN_PLANS },
  },
  {
    id: "G04-consumer",
    bug: "the one that a static member replaces stays a member, too",
    source: "KAFKA-10284",
    edits: [
      {
        file: `${GROUPS}/consumer/member-of-request.ts`,
        find: "  draft.write(...memberTombstones({ groupId, memberId: old.memberId }));\n",
        replace: "  draft.write(...memberTombstones({ groupId, memberId: old.memberId }).slice(0, 1));\n",
      },
    ],
    test: {
      file: CONSUMER_TEST,
      name: "keeps what a static member has while it is away, and fences whoever has its name meanwhile (G04)",
      why: NO_CONSUMER_GROUPS_IN_PLANS,
    },
  },
  {
    id: "G04-other",
    bug: "a static member comes back under the id of another member, and takes its place",
    source: "ours",
    edits: [
      {
        file: `${GROUPS}/consumer/member-of-request.ts`,
        find: "  const isOther = owner.memberId !== memberId && draft.member(memberId) !== undefined;",
        replace: "  const isOther = owner.memberId !== memberId && memberId === undefined;",
      },
    ],
    test: { file: CONSUMER_TEST, name: "lets nobody take the place of a static member under the id of another member", why: NO_CONSUMER_GROUPS_IN_PLANS },
  },
  {
    id: "G05-opened",
    bug: "a coordinator that takes over waits for no member that it finds in the log",
    source: "KAFKA-12890",
    edits: [
      {
        file: `${GROUPS}/consumer/consumer-groups.ts`,
        find: "    for (const member of membersOf(group)) this.members.begin(group.groupId, member, now);\n",
        replace: "    for (const member of membersOf(group)) if (member.memberId === undefined) this.members.begin(group.groupId, member, now);\n",
      },
    ],
    test: {
      file: CONSUMER_TEST,
      name: "takes out who is silent from a failover on",
      why: NO_CONSUMER_GROUPS_IN_PLANS,
    },
  },
  {
    id: "G06-consumer",
    bug: "offsets of a consumer group expire though members read on",
    source: "KAFKA-13636",
    edits: [
      {
        file: `${GROUPS}/offsets/offset-readers.ts`,
        find: '  state: group.members.size === 0 ? "Empty" : "Stable",',
        replace: '  state: "Empty",',
      },
    ],
    test: {
      file: CONSUMER_OFFSETS_TEST,
      name: "keeps offsets of what members read, and those of an empty group for their time (G06)",
      why: NO_CONSUMER_GROUPS_IN_PLANS,
    },
  },
  {
    id: "regex-nothing",
    bug: "an expression that matches nothing makes no new assignment, though another one has gone",
    source: "ours",
    edits: [
      {
        file: `${GROUPS}/consumer/regex/group-regexes.ts`,
        find: "    draft.bumpEpoch(hashOf(draft.group, this.options.topics()));",
        replace: "    if (topics.length > 0) draft.bumpEpoch(hashOf(draft.group, this.options.topics()));",
      },
    ],
    test: { file: REGEX_TEST, name: "gives to others what a member had by an expression that it changed for one of nothing", why: NO_CONSUMER_GROUPS_IN_PLANS },
  },
  {
    id: "regex-turn",
    bug: "each expression may take a whole turn's time",
    source: "ours",
    edits: [
      {
        file: `${GROUPS}/consumer/regex/group-regexes.ts`,
        find: "      stepsLeft = next.search.advance(stepsLeft);",
        replace: "      stepsLeft = Math.max(1, next.search.advance(STEPS_PER_TURN));",
      },
    ],
    test: { file: REGEX_TEST, name: "tries so many names in a turn and no more, of whatever expressions and groups", why: NO_CONSUMER_GROUPS_IN_PLANS },
  },
  {
    id: "regex-anew",
    bug: "a new expression has the search begin anew",
    source: "ours",
    edits: [
      {
        file: `${GROUPS}/consumer/regex/group-regexes.ts`,
        find: "    for (const regex of regexes) this.enqueue({ groupId, regex });",
        replace:
          "    if (this.underWay !== undefined) this.waiting.set(keyOf(this.underWay.expression), this.underWay.expression);\n    this.underWay = undefined;\n    for (const regex of regexes) this.enqueue({ groupId, regex });",
      },
    ],
    test: { file: REGEX_TEST, name: "finds the topics of one expression however many others come meanwhile", why: NO_CONSUMER_GROUPS_IN_PLANS },
  },
  {
    id: "regex-too-large",
    bug: "what the log has no room for is tried over and over, and holds up all other expressions",
    source: "ours",
    edits: [
      {
        file: `${GROUPS}/consumer/regex/group-regexes.ts`,
        find: "      if (error === undefined || NOT_TO_BE_RETRIED.has(error)) continue;",
        replace: "      if (error === undefined) continue;",
      },
    ],
    test: {
      file: REGEX_TEST,
      name: "writes the topics of each expression by itself: one that is too large for the log holds up no other, and is not tried over and over",
      why: NO_CONSUMER_GROUPS_IN_PLANS,
    },
  },
  {
    id: "G03",
    bug: "a member that is known commits offsets whatever its generation",
    source: "KAFKA-2555",
    edits: [{ file: `${GROUPS}/classic/validate-commit.ts`, find: 'if (generation !== group.generation) return "ILLEGAL_GENERATION";', replace: "" }],
    focus: { groups: { isStatic: true, sessionTimeoutMs: 8_000, maxPollIntervalMs: 3_000, churnEveryMs: 1_500, members: 3, commitEveryMs: 300 } },
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
      why: "whoever is fenced in a plan is replaced under the same name, and nothing but that is seen of it",
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
    test: {
      file: CLASSIC_TEST,
      name: "takes those out who never ask for their assignment (G05)",
      why: "members of plans ask for their assignment, or are silent for their session",
    },
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
    focus: { groups: { idleMs: 75_000 } },
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
    focus: { groups: {} },
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
    test: {
      file: OFFSETS_TEST,
      name: "tells an offset once the log has it, and not before",
      why: "an offset that was told and is lost is that of a commit without an outcome, which may be the last one at any time",
    },
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
    focus: { groups: {} },
  },
];
