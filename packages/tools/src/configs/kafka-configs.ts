import { alterConfigs, type ConfigEntry, ConfigSource, describeConfigs, ResourceType, sourceName } from "../admin/configs.ts";
import { OptionException, type ParsedOptions } from "../command-line/option.ts";
import { parseOptions } from "../command-line/parse-options.ts";
import { ToolEnded, Usage } from "../command-line/usage.ts";
import { asJavaException, clientError, executionException, illegalArgument, JavaException, stackTrace } from "../java-exception.ts";
import { clientSettings } from "../session/client-settings.ts";
import { readProperties } from "../session/command-config.ts";
import { Session } from "../session/session.ts";
import type { ToolIo } from "../tool.ts";
import { changesOf } from "./changes.ts";
import { CONFIG_OPTIONS } from "./config-options.ts";
import { isResourceEntity, RESOURCE_ENTITIES, type ResourceEntityType } from "./described-entities.ts";
import { alterQuotas, describeQuotas } from "./quotas.ts";
import { type Entities, entitiesOf } from "./entities.ts";

const PURPOSE = "This tool helps to manipulate and describe entity config for a topic, client, user, broker, ip, client-metrics or group";
const ILLEGAL = "java.lang.IllegalArgumentException";
/** Told with their message alone, if nobody but this client threw them. */
const TERSE: ReadonlySet<string> = new Set([
  ILLEGAL,
  "org.apache.kafka.common.errors.InvalidTopicException",
  "org.apache.kafka.common.errors.InvalidConfigurationException",
  "org.apache.kafka.common.errors.UnsupportedVersionException",
]);

/** kafka-configs: describes and alters configs of topics, brokers, groups and the like. */
export async function kafkaConfigs(args: readonly string[], io: ToolIo): Promise<number> {
  try {
    await run(args, io);
    return 0;
  } catch (error) {
    if (error instanceof ToolEnded) return error.tell(io);
    const shown = asJavaException(error);
    if (shown instanceof OptionException || TERSE.has(shown.javaClass)) io.err(`${shown.message}\n`);
    else io.err(`Error while executing config command with args '${args.join(" ")}'\n${stackTrace(shown)}`);
    return 1;
  }
}

async function run(args: readonly string[], io: ToolIo): Promise<void> {
  const parsed = parseOptions(CONFIG_OPTIONS, args);
  new Usage(CONFIG_OPTIONS).checkHelpOrVersion(parsed, PURPOSE);
  const entities = entitiesOf(parsed);
  if (parsed.has("bootstrap-controller"))
    throw clientError("UnsupportedEndpointTypeException", "The controllers speak no Kafka protocol here: --bootstrap-server leads to them.");
  await using session = new Session(clientSettings(parsed.valueOf("bootstrap-server") ?? "", readProperties(parsed.valueOf("command-config"))));
  await (parsed.has("alter") ? alter(session, entities, parsed, io) : describe(session, entities, parsed, io));
}

async function alter(session: Session, { types, names }: Entities, parsed: ParsedOptions, io: ToolIo): Promise<void> {
  const [type] = types;
  const [name = ""] = names;
  const changes = changesOf(parsed);
  if (!isResourceEntity(type)) throw executionException(await throughFuture(alterQuotas(session, { types, names }, changes)));
  await throughFuture(alterConfigs(session, { type: RESOURCE_ENTITIES[type].type, name }, changes));
  io.out(name === "" ? `Completed updating default config for ${type} in the cluster.\n` : `Completed updating config for ${singular(type)} ${name}.\n`);
}

async function describe(session: Session, { types, names }: Entities, parsed: ParsedOptions, io: ToolIo): Promise<void> {
  const [type] = types;
  const [name] = names;
  if (!isResourceEntity(type)) throw executionException(await throughFuture(describeQuotas(session)));
  const { list } = RESOURCE_ENTITIES[type];
  const isAll = parsed.has("all");
  if (name === undefined) {
    const entities = await throughFuture(list(session));
    const withDefault = type === "brokers" || type === "broker-loggers" ? [...entities, ""] : entities;
    for (const entity of withDefault) await describeOne(session, { type, name: entity, isAll, io });
    return;
  }
  if (type === "topics" && !isAll) checkTopicName(name);
  // With --all the broker is asked at once, and says what it has against it.
  if (!isAll && name !== "" && !(await throughFuture(list(session))).includes(name)) {
    io.out(`The ${singular(type)} '${name}' doesn't exist and doesn't have dynamic config.\n`);
    return;
  }
  await describeOne(session, { type, name, isAll, io });
}

interface One {
  readonly type: ResourceEntityType;
  /** Empty: the default. */
  readonly name: string;
  readonly isAll: boolean;
  readonly io: ToolIo;
}

async function describeOne(session: Session, { type, name, isAll, io }: One): Promise<void> {
  io.out(name === "" ? `Default configs for ${type} in the cluster are:\n` : `${isAll ? "All" : "Dynamic"} configs for ${singular(type)} ${name} are:\n`);
  const [described] = await throughFuture(describeConfigs(session, [{ type: RESOURCE_ENTITIES[type].type, name }], { includeSynonyms: true }));
  if (described === undefined || described instanceof JavaException) throw executionException(described ?? illegalArgument("Nothing was described"));
  const isBrokerDefault = RESOURCE_ENTITIES[type].type === ResourceType.BROKER && name === "";
  const source = isBrokerDefault ? ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG : RESOURCE_ENTITIES[type].source;
  const shown = described.filter((entry) => isAll || entry.configSource === source).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of shown) io.out(lineOf(entry));
}

function lineOf({ name, value, isSensitive, synonyms }: ConfigEntry): string {
  const others = synonyms.map((synonym) => `${sourceName(synonym.source)}:${synonym.name}=${synonym.value}`);
  return `  ${name}=${value} sensitive=${isSensitive} synonyms={${others.join(", ")}}\n`;
}

/** Kafka's own tool looks at it before it asks anybody. */
function checkTopicName(name: string): void {
  const problem =
    name === ""
      ? "the empty string is not allowed"
      : name === "." || name === ".."
        ? "'.' or '..' is not allowed"
        : name.length > 249
          ? `the length of '${name}' is longer than the max allowed length 249`
          : /^[a-zA-Z0-9._-]+$/.test(name)
            ? undefined
            : `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`;
  if (problem !== undefined) throw clientError("InvalidTopicException", `Topic name is invalid: ${problem}`);
}

/** Java's tools hear of a failure through a future. */
async function throughFuture<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw error instanceof JavaException && error.javaClass !== ILLEGAL ? executionException(error) : error;
  }
}

const singular = (type: string): string => type.slice(0, -1);
