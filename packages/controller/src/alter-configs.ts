import { type MetadataImage, type MetadataRecord, replayBatch } from "@samsa/metadata";
import { NO_NODE, nodeId } from "@samsa/stdx";
import type { ConfigChange, ConfigResource, ConfigsAltered, ConfigsToChange, ConfigsToReplace, ControllerRequest } from "./api.ts";
import { batchBytesMax } from "./batch-limits.ts";
import { brokerConfigError, brokerListDefault, forbiddenBrokerConfig, isDynamicBrokerConfig } from "./broker-configs.ts";
import { answer, type Decision } from "./decision.ts";
import { errorReply } from "./error-reply.ts";
import { groupConfigError } from "./group-configs.ts";
import { changePartitions, isUnfenced } from "./partition-change.ts";
import { topicConfigError, topicConfigsConflict, topicListDefault } from "./topic-configs.ts";
import { fault, isFault, type TopicFault } from "./topic-fault.ts";
import { topicNameError } from "./topic-name.ts";
import type { UncleanRule } from "./unclean-election.ts";

type AlterConfigs = Extract<ControllerRequest, { type: "alter-configs" | "incremental-alter-configs" }>;
type Altered = ReadonlyMap<string, string | null>;

interface Surroundings {
  readonly image: MetadataImage;
  readonly maxResources: number;
  /** What the configs may take: a change of every partition may have to fit beside them. */
  readonly maxBytes: number;
  readonly uncleanRule: (image: MetadataImage) => UncleanRule;
}

/**
 * Each resource stands for itself, and is altered whole or not at all; those that can be are one batch. What follows for partitions is part of
 * it: with a smaller minimum an ELR goes, for the high watermark will move on without its members; with unclean elections allowed
 * a partition that nobody leads gets a leader.
 */
export function alterConfigs(at: Surroundings, request: AlterConfigs): Decision {
  const { type, validateOnly } = request;
  const { image, maxResources, maxBytes } = at;
  if (request.resources.length > maxResources) return answer(errorReply(type, "INVALID_REQUEST"));
  const twice = duplicates(request.resources);
  const records: MetadataRecord[] = [];
  let bytes = batchBytesMax([]);
  const resources = request.resources.map((asked): ConfigsAltered => {
    const { resourceType, resourceName } = asked;
    const altered = twice.has(keyOf(asked)) ? fault("INVALID_REQUEST", "Each resource must appear at most once.") : alterOne(image, asked);
    if (isFault(altered)) return { resourceType, resourceName, ...altered };
    const written = [...altered].map(([key, value]): MetadataRecord => ({ type: "config", resourceType, resourceName, key, value }));
    bytes += batchBytesMax(written);
    if (bytes > maxBytes) return { resourceType, resourceName, error: "POLICY_VIOLATION", message: tooLarge(maxBytes) };
    records.push(...written);
    return { resourceType, resourceName, error: "NONE", message: null };
  });
  const all = validateOnly || records.length === 0 ? [] : [...records, ...consequences(at, records)];
  return { records: all, because: "configs altered", reply: { type, error: "NONE", resources } };
}

const keyOf = ({ resourceType, resourceName }: ConfigResource): string => `${resourceType}:${resourceName}`;

function duplicates(resources: readonly ConfigResource[]): ReadonlySet<string> {
  const keys = resources.map(keyOf);
  return new Set(keys.filter((key, index) => keys.indexOf(key) !== index));
}

const tooLarge = (maxBytes: number): string =>
  `Unable to perform excessively large batch operation: the request would take more than ${maxBytes} bytes of metadata. Alter fewer resources in one request.`;

/** The new values of the resource's configs that change; null takes one away. */
function alterOne(image: MetadataImage, asked: ConfigsToChange | ConfigsToReplace): Altered | TopicFault {
  const before = overridesOf(image, asked);
  const altered = "changes" in asked ? changed(before, asked) : replaced(before, asked);
  if (isFault(altered)) return altered;
  const after = new Map(before);
  for (const [name, value] of altered)
    if (value === null) after.delete(name);
    else after.set(name, value);
  const wrong = faultOf(image, asked, { after, altered });
  return wrong ?? new Map([...altered].filter(([name, value]) => (before.get(name) ?? null) !== value));
}

function faultOf(
  image: MetadataImage,
  { resourceType, resourceName }: ConfigResource,
  { after, altered }: { readonly after: ReadonlyMap<string, string>; readonly altered: Altered },
): TopicFault | undefined {
  switch (resourceType) {
    case "topic":
      return topicFault(image, resourceName, after);
    case "group":
      return groupFault(resourceName, after);
    case "broker":
      return brokerFault(image, resourceName, altered);
  }
}

function overridesOf(image: MetadataImage, { resourceType, resourceName }: ConfigResource): ReadonlyMap<string, string> {
  if (resourceType === "topic") return image.topicConfig(resourceName);
  if (resourceType === "group") return image.groupConfig(resourceName);
  return image.brokerConfig(resourceName === "" ? "default" : nodeId(Number(resourceName)));
}

function changed(before: ReadonlyMap<string, string>, { resourceType, changes }: ConfigsToChange): Altered | TopicFault {
  const names = changes.map(({ name }) => name);
  if (new Set(names).size < names.length) return fault("INVALID_REQUEST", "Error due to duplicate config keys");
  const nulls = changes.filter(({ operation, value }) => operation !== "delete" && value === null).map(({ name }) => name);
  if (nulls.length > 0) return fault("INVALID_REQUEST", `Null value not supported for : ${nulls.join(",")}`);
  const altered = new Map<string, string | null>();
  for (const change of changes) {
    const value = valueAfter(before, resourceType, change);
    if (typeof value === "object" && value !== null) return value;
    altered.set(change.name, value);
  }
  return altered;
}

function valueAfter(before: ReadonlyMap<string, string>, resourceType: ConfigResource["resourceType"], change: ConfigChange): string | null | TopicFault {
  const { name, operation, value } = change;
  if (operation === "delete") return null;
  if (operation === "set" || value === null) return value;
  const listDefault = resourceType === "topic" ? topicListDefault(name) : resourceType === "broker" ? brokerListDefault(name) : undefined;
  if (listDefault === undefined) return fault("INVALID_CONFIG", `Can't ${operation.toUpperCase()} to key ${name} because its type is not LIST.`);
  const items = itemsOf(before.get(name) ?? listDefault);
  const named = itemsOf(value);
  const after = operation === "append" ? [...new Set([...items, ...named])] : items.filter((item) => !named.includes(item));
  return after.join(",");
}

const itemsOf = (list: string): readonly string[] =>
  list
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");

function replaced(before: ReadonlyMap<string, string>, { configs }: ConfigsToReplace): Altered | TopicFault {
  const names = configs.map(({ name }) => name);
  if (new Set(names).size < names.length) return fault("INVALID_REQUEST", "Error due to duplicate config keys");
  const nulls = configs.filter(({ value }) => value === null).map(({ name }) => name);
  if (nulls.length > 0) return fault("INVALID_REQUEST", `Null value not supported for : ${nulls.join(",")}`);
  return new Map<string, string | null>([
    ...[...before.keys()].map((name): [string, null] => [name, null]),
    ...configs.map(({ name, value }): [string, string | null] => [name, value]),
  ]);
}

/** Kafka's order: the name, the values of all that the topic will have, the topic itself. */
function topicFault(image: MetadataImage, name: string, after: ReadonlyMap<string, string>): TopicFault | undefined {
  if (name === "") return fault("INVALID_REQUEST", "Default topic resources are not allowed.");
  const misnamed = topicNameError(name);
  if (misnamed !== undefined) return fault("INVALID_TOPIC_EXCEPTION", misnamed);
  for (const [config, value] of after) {
    const wrong = topicConfigError(config, value);
    if (wrong !== undefined) return fault("INVALID_CONFIG", wrong);
  }
  const conflict = topicConfigsConflict(after, image.brokerConfig("default"));
  if (conflict !== undefined) return fault("INVALID_CONFIG", conflict);
  return image.topicByName(name) === undefined ? fault("UNKNOWN_TOPIC_OR_PARTITION", `The topic '${name}' does not exist.`) : undefined;
}

/** A group may have configs before there is one. */
function groupFault(name: string, after: ReadonlyMap<string, string>): TopicFault | undefined {
  if (name === "") return fault("INVALID_REQUEST", "Default group resources are not allowed.");
  for (const [config, value] of after) {
    const wrong = groupConfigError(config, value);
    if (wrong !== undefined) return fault("INVALID_CONFIG", wrong);
  }
  return undefined;
}

/** Only the one spelling of an id that brokers look theirs up by: what is kept under another would be answered as set, and read by nobody. */
function brokerFault(image: MetadataImage, name: string, altered: Altered): TopicFault | undefined {
  if (name !== "" && !/^(0|-?[1-9]\d{0,9})$/.test(name)) return fault("INVALID_REQUEST", "Unable to parse broker name as a base 10 number.");
  if (Number(name) < 0) return fault("INVALID_REQUEST", "Invalid negative broker ID.");
  const unknown = [...altered.keys()].filter((config) => !isDynamicBrokerConfig(config));
  if (unknown.length > 0) return fault("INVALID_REQUEST", `Cannot update these configs dynamically: [${unknown.join(", ")}]`);
  for (const [config, value] of altered) {
    const forbidden = forbiddenBrokerConfig(config, value, name);
    if (forbidden !== undefined) return fault("INVALID_CONFIG", forbidden);
    const wrong = value === null ? undefined : brokerConfigError(config, value);
    if (wrong !== undefined) return fault("INVALID_REQUEST", wrong);
  }
  if (name === "" || image.brokers.has(nodeId(Number(name)))) return undefined;
  return fault("BROKER_ID_NOT_REGISTERED", `No node with id ${name} found.`);
}

function consequences({ image, uncleanRule }: Surroundings, records: readonly MetadataRecord[]): readonly MetadataRecord[] {
  const after = replayBatch(image, records, image.index + 1).image;
  const isAlive = (id: ReturnType<typeof nodeId>): boolean => isUnfenced(after, id);
  return changePartitions(after, { isAlive, isUncleanAllowed: uncleanRule(after) }, ({ elr, leader }) => elr.length > 0 || leader === NO_NODE);
}
