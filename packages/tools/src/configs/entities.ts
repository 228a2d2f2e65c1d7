import { isIP } from "node:net";
import type { ParsedOptions } from "../command-line/option.ts";
import { Usage } from "../command-line/usage.ts";
import { illegalArgument } from "../java-exception.ts";
import { CONFIG_OPTIONS, ENTITY_DEFAULT_FLAGS, ENTITY_FLAGS, type EntityType } from "./config-options.ts";

/** In the order in which Kafka's tool names them. */
const TYPES: readonly EntityType[] = ["topics", "clients", "users", "brokers", "ips", "client-metrics", "groups", "broker-loggers"];
/** These have a default, too. */
const WITH_DEFAULTS: readonly string[] = ["users", "clients", "brokers", "ips"];
const FLAGS = [...Object.keys(ENTITY_FLAGS), ...Object.keys(ENTITY_DEFAULT_FLAGS)];

/** What the configs are of. */
export interface Entities {
  /** At least one; two are users and clients. */
  readonly types: readonly [EntityType, ...EntityType[]];
  /** The empty name is the default entity. */
  readonly names: readonly string[];
}

/** Throws where the options do not fit each other. */
export function entitiesOf(parsed: ParsedOptions): Entities {
  const usage = new Usage(CONFIG_OPTIONS);
  if (parsed.has("alter") === parsed.has("describe")) throw usage.refusal("Command must include exactly one action: --describe, --alter");
  usage.exclude(parsed, "describe", ["alter", "add-config", "delete-config"]);
  const types = checkedTypes(parsed);
  const names = entityNames(parsed);
  if (parsed.has("bootstrap-server") && parsed.has("bootstrap-controller"))
    throw illegalArgument("Only one of --bootstrap-server or --bootstrap-controller can be specified");
  checkNames(types[0], names);
  if (parsed.has("describe")) checkDescribe(types, names, parsed);
  else checkAlter(types, names, parsed);
  return { types, names };
}

function checkedTypes(parsed: ParsedOptions): readonly [EntityType, ...EntityType[]] {
  const named = [...parsed.valuesOf("entity-type"), ...flagged(parsed, ENTITY_FLAGS), ...flagged(parsed, ENTITY_DEFAULT_FLAGS)];
  const twice = named.filter((type, index) => named.indexOf(type) !== index);
  if (twice.length > 0) throw illegalArgument(`Duplicate entity type(s) specified: ${twice.join(",")}`);
  if (!parsed.has("bootstrap-server") && !parsed.has("bootstrap-controller"))
    throw illegalArgument("Either --bootstrap-server or --bootstrap-controller must be specified.");
  const types = named.map(knownType);
  const [first, ...others] = types;
  if (first === undefined) throw illegalArgument("At least one entity type must be specified");
  if (others.length > 0 && !(types.length === 2 && types.includes("users") && types.includes("clients"))) {
    throw illegalArgument("Only 'users' and 'clients' entity types may be specified together");
  }
  const isByType = ["entity-name", "entity-type", "entity-default"].some((name) => parsed.has(name));
  if (isByType && FLAGS.some((name) => parsed.has(name)))
    throw illegalArgument("--entity-{type,name,default} should not be used in conjunction with specific entity flags");
  return [first, ...others];
}

function knownType(name: string): EntityType {
  const type = TYPES.find((one) => one === name);
  if (type !== undefined) return type;
  const known = ["topics", "clients", "users", "brokers", "ips", "client-metrics", "groups", "broker-loggers"].join(", ");
  throw illegalArgument(`Invalid entity type ${name}, the entity type must be one of ${known} with a --bootstrap-server or --bootstrap-controller argument`);
}

const flagged = (parsed: ParsedOptions, flags: Readonly<Record<string, EntityType>>): readonly EntityType[] =>
  Object.entries(flags).flatMap(([name, type]) => (parsed.has(name) ? [type] : []));

/** `--entity-name` and `--entity-default` in the order in which they were given, then those of the options of their own. */
function entityNames(parsed: ParsedOptions): readonly string[] {
  const values = [...parsed.valuesOf("entity-name")];
  const inOrder = parsed.given.filter((name) => name === "entity-name" || name === "entity-default");
  return [
    ...inOrder.map((name) => (name === "entity-name" ? (values.shift() ?? "") : "")),
    ...Object.keys(ENTITY_FLAGS).flatMap((name) => (parsed.has(name) ? [parsed.valueOf(name) ?? ""] : [])),
    ...Object.keys(ENTITY_DEFAULT_FLAGS).flatMap((name) => (parsed.has(name) ? [""] : [])),
  ];
}

function checkNames(type: EntityType, names: readonly string[]): void {
  const [name = ""] = names;
  if (name === "") return;
  if ((type === "brokers" || type === "broker-loggers") && !/^[+-]?\d+$/.test(name))
    throw illegalArgument(`The entity name for ${type} must be a valid integer broker id, but it is: ${name}`);
  if (type === "ips" && isIP(name) === 0 && name !== "localhost")
    throw illegalArgument(`The entity name for ips must be a valid IP or resolvable host, but it is: ${name}`);
}

function checkDescribe(types: Entities["types"], names: readonly string[], parsed: ParsedOptions): void {
  if (parsed.has("entity-default") && !types.some((type) => WITH_DEFAULTS.includes(type)))
    throw illegalArgument(`--entity-default must not be specified with --describe of ${types.join(",")}`);
  if (types[0] === "broker-loggers" && !names.some((name) => name !== ""))
    throw illegalArgument(`An entity name must be specified with --describe of ${types.join(",")}`);
}

function checkAlter(types: Entities["types"], names: readonly string[], parsed: ParsedOptions): void {
  if (types.some((type) => WITH_DEFAULTS.includes(type))) {
    if (names.length === 0) throw illegalArgument("An entity-name or default entity must be specified with --alter of users, clients, brokers or ips");
  } else if (!names.some((name) => name !== "")) {
    throw illegalArgument(`An entity name must be specified with --alter of ${types.join(",")}`);
  }
  if (parsed.has("add-config") && parsed.has("add-config-file")) throw illegalArgument("Only one of --add-config or --add-config-file must be specified");
  if (!["add-config", "add-config-file", "delete-config"].some((name) => parsed.has(name)))
    throw illegalArgument("At least one of --add-config, --add-config-file, or --delete-config must be specified with --alter");
  if (types.length !== names.length) throw illegalArgument("An entity name must be specified for every entity type");
}
