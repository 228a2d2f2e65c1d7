import { type CreatePartitionsTopic, ErrorCode, newCreatePartitionsAssignment, newCreatePartitionsTopic } from "@samsa/protocol";
import { createPartitions, createTopic, deleteTopics, describeTopics } from "../admin/topics.ts";
import type { ParsedOptions } from "../command-line/option.ts";
import { parseOptions } from "../command-line/parse-options.ts";
import { asJavaException, JavaException } from "../java-exception.ts";
import { clientSettings } from "../session/client-settings.ts";
import { readProperties } from "../session/command-config.ts";
import { Session } from "../session/session.ts";
import { tellFailure } from "../tell-failure.ts";
import type { ToolIo } from "../tool.ts";
import { checkTopicOptions } from "./check-options.ts";
import { describe } from "./describe-topics.ts";
import { listedTopics, matchingTopics } from "./matching-topics.ts";
import { creatableTopic, topicWish } from "./new-topic.ts";
import { type Action, TOPIC_OPTIONS } from "./topic-options.ts";

const PARTITIONS_PER_RESPONSE = 2000;

/** kafka-topics: creates, deletes, describes, or changes topics. What the options get wrong is told on stderr, what the cluster refuses on stdout. */
export async function kafkaTopics(args: readonly string[], io: ToolIo): Promise<number> {
  try {
    const parsed = parseOptions(TOPIC_OPTIONS, args);
    const action = checkTopicOptions(parsed, io);
    await using session = new Session(clientSettings(parsed.valueOf("bootstrap-server") ?? "", readProperties(parsed.valueOf("command-config"))));
    return await run(action, { session, parsed, io });
  } catch (error) {
    return tellFailure(error, io);
  }
}

interface Run {
  readonly session: Session;
  readonly parsed: ParsedOptions;
  readonly io: ToolIo;
}

const RUNS: { readonly [A in Action]: (run: Run) => Promise<void> } = {
  create,
  alter,
  list: async ({ session, parsed, io }) => io.out(`${(await listedTopics(session, parsed)).join("\n")}\n`),
  describe: ({ session, parsed, io }) => describe(session, parsed, io),
  delete: async ({ session, parsed }) => {
    const names = await matchingTopics(session, parsed);
    if (names.length > 0) await deleteTopics(session, names);
  },
};

async function run(action: Action, options: Run): Promise<number> {
  try {
    await RUNS[action](options);
    return 0;
  } catch (error) {
    options.io.out(`Error while executing topic command : ${asJavaException(error).message}\n`);
    return 1;
  }
}

async function create({ session, parsed, io }: Run): Promise<void> {
  const wish = topicWish(parsed);
  if (/[._]/.test(wish.name)) {
    io.out(
      "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide. To avoid issues it is best to use either, but not both.\n",
    );
  }
  try {
    await createTopic(session, creatableTopic(wish));
    io.out(`Created topic ${wish.name}.\n`);
  } catch (error) {
    const isThere = error instanceof JavaException && error.errorCode === ErrorCode.TOPIC_ALREADY_EXISTS;
    if (!isThere || !parsed.has("if-not-exists")) throw error;
  }
}

async function alter({ session, parsed }: Run): Promise<void> {
  const { partitions = 0, assignment } = topicWish(parsed);
  const names = await matchingTopics(session, parsed);
  if (names.length === 0) return;
  const known = assignment.length === 0 ? [] : await describeTopics(session, names, PARTITIONS_PER_RESPONSE);
  const changes = names.map((name): CreatePartitionsTopic => {
    // The assignment names the partitions that there are, too.
    const there = known.find((topic) => topic.name === name)?.partitions.length ?? 0;
    const assignments = assignment.slice(there).map((brokerIds) => newCreatePartitionsAssignment({ brokerIds }));
    return newCreatePartitionsTopic({ name, count: partitions, assignments: assignment.length === 0 ? null : assignments });
  });
  await createPartitions(session, changes);
}
