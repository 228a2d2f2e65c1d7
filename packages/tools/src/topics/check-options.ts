import type { ParsedOptions } from "../command-line/option.ts";
import { Usage } from "../command-line/usage.ts";
import { illegalArgument } from "../java-exception.ts";
import type { ToolIo } from "../tool.ts";
import { type Action, ACTIONS, REPORTS, TOPIC_OPTIONS } from "./topic-options.ts";

/** In the order in which Kafka's tool looks for what can't go together. */
const OTHER_ACTIONS = ["alter", "create", "describe", "list", "delete"] as const;

/** The one thing that is to be done. Throws, with the help or without, where the options make no sense. */
export function checkTopicOptions(parsed: ParsedOptions, io: ToolIo): Action {
  const usage = new Usage(TOPIC_OPTIONS);
  if (parsed.size === 0) throw usage.refusal("Create, delete, describe, or change a topic.");
  usage.checkHelpOrVersion(parsed, "This tool helps to create, delete, describe, or change a topic.");
  const actions = ACTIONS.filter((action) => parsed.has(action));
  const [action] = actions;
  if (action === undefined || actions.length > 1) {
    throw usage.refusal("Command must include exactly one action: --list, --describe, --create, --alter or --delete");
  }
  if (parsed.has("delete-config")) {
    io.err("delete-config option is no longer supported and deprecated since version 4.0. The config will be fully removed in future releases.\n");
  }
  checkRequired(parsed, usage, io);
  checkExcluded(parsed, usage);
  return action;
}

function checkRequired(parsed: ParsedOptions, usage: Usage, io: ToolIo): void {
  if (!parsed.has("bootstrap-server")) throw illegalArgument("--bootstrap-server must be specified");
  if (parsed.has("describe") && parsed.has("if-exists")) {
    if (!parsed.has("topic") && !parsed.has("topic-id")) throw usage.refusal("--topic or --topic-id is required to describe a topic");
    if (parsed.has("topic") && parsed.has("topic-id"))
      io.out("Only topic id will be used when both --topic and --topic-id are specified and topicId is not Uuid.ZERO_UUID\n");
  }
  if (!parsed.has("list") && !parsed.has("describe")) usage.require(parsed, "topic");
  if (!parsed.has("alter")) return;
  if (parsed.has("config")) {
    const hint = "(To alter topic configurations, the kafka-configs tool can be used.)";
    throw usage.refusal(`Option combination "[bootstrap-server],[config]" can't be used with option "[alter]" ${hint}`);
  }
  usage.require(parsed, "partitions");
}

function checkExcluded(parsed: ParsedOptions, usage: Usage): void {
  const onlyWith = (name: string, actions: readonly Action[], besides: readonly string[] = []): void =>
    usage.exclude(parsed, name, [...OTHER_ACTIONS.filter((action) => !actions.includes(action)), ...besides]);
  onlyWith("config", ["alter", "create"]);
  onlyWith("partitions", ["alter", "create"]);
  onlyWith("replication-factor", ["create"]);
  onlyWith("replica-assignment", ["alter", "create"]);
  if (parsed.has("create")) usage.exclude(parsed, "replica-assignment", ["partitions", "replication-factor"]);
  for (const report of REPORTS) onlyWith(report, ["describe"], ["topics-with-overrides"]);
  onlyWith("topics-with-overrides", ["describe"], REPORTS);
  onlyWith("if-exists", ["alter", "delete", "describe"]);
  onlyWith("if-not-exists", ["create"]);
  onlyWith("exclude-internal", ["list", "describe"]);
}
