import type { ConfigOperation, ConfigsAltered, ConfigsToChange, ConfigsToReplace } from "@samsa/controller";
import { type AlterConfigsResponse, ErrorCode, type ErrorName } from "@samsa/protocol";
import type { BrokerServices } from "../broker-services.ts";
import { groupLimitFault } from "../configs/group-limits.ts";
import { ResourceType } from "../configs/resource-type.ts";
import type { ApiHandler } from "../request-context.ts";

type Response = AlterConfigsResponse["responses"][number];

interface Resource {
  readonly resourceType: number;
  readonly resourceName: string;
}

/** Why a resource's configs can't be altered here, in Kafka's words. */
interface Refused {
  readonly error: ErrorName;
  readonly message: string;
}

const invalid = (message: string): Refused => ({ error: "INVALID_REQUEST", message });

/** As requests number them. */
const OPERATIONS: readonly ConfigOperation[] = ["set", "delete", "append", "subtract"];

/** AlterConfigs 0–2: what a resource shall have, and nothing else. */
export function alterConfigsHandler(services: BrokerServices): ApiHandler<"AlterConfigs"> {
  return {
    api: "AlterConfigs",
    handle({ resources, validateOnly }, context, now) {
      const asked = resources.map((resource): ConfigsToReplace | Refused => {
        const target = targetOf(services, resource, resource.configs[0]?.name);
        return "error" in target ? target : (beyondLimits(services, target, resource.configs) ?? { ...target, configs: valuesOf(resource.configs) });
      });
      const answer = (outcome?: AlterOutcome): void => context.respond({ throttleTimeMs: 0, responses: toResponses(resources, asked, outcome) });
      const request = { type: "alter-configs", resources: asked.filter(isAccepted), validateOnly } as const;
      if (request.resources.length === 0) return answer();
      services.forwarded.ask(request, context, answer, now);
    },
  };
}

/** IncrementalAlterConfigs 0–1: what of a resource is set, deleted, or changed in a list (KIP-339). */
export function incrementalAlterConfigsHandler(services: BrokerServices): ApiHandler<"IncrementalAlterConfigs"> {
  return {
    api: "IncrementalAlterConfigs",
    handle({ resources, validateOnly }, context, now) {
      const asked = resources.map((resource): ConfigsToChange | Refused => {
        const target = targetOf(services, resource, resource.configs[0]?.name);
        return "error" in target ? target : (beyondLimits(services, target, resource.configs) ?? withChanges(target, resource.configs));
      });
      const answer = (outcome?: AlterOutcome): void => context.respond({ throttleTimeMs: 0, responses: toResponses(resources, asked, outcome) });
      const request = { type: "incremental-alter-configs", resources: asked.filter(isAccepted), validateOnly } as const;
      if (request.resources.length === 0) return answer();
      services.forwarded.ask(request, context, answer, now);
    },
  };
}

const isAccepted = <T extends object>(asked: T | Refused): asked is T => !("error" in asked);

function withChanges(
  target: Target,
  configs: readonly { readonly name: string; readonly configOperation: number; readonly value: string | null }[],
): ConfigsToChange | Refused {
  const unknown = configs.find(({ configOperation }) => OPERATIONS[configOperation] === undefined);
  if (unknown !== undefined) return invalid(`Unknown operation ${unknown.configOperation} for config ${unknown.name}.`);
  return { ...target, changes: configs.map(({ name, configOperation, value }) => ({ name, operation: OPERATIONS[configOperation] ?? "set", value })) };
}

interface ConfigValue {
  readonly name: string;
  readonly value: string | null;
}

type Target = Pick<ConfigsToChange, "resourceType" | "resourceName">;

/** Topics, groups and brokers are the controller's. A broker's configs are altered by way of that very broker, as with Kafka. */
function targetOf({ config }: BrokerServices, { resourceType, resourceName }: Resource, firstConfig: string | undefined): Target | Refused {
  switch (resourceType) {
    case ResourceType.TOPIC:
      return { resourceType: "topic", resourceName };
    case ResourceType.BROKER:
      if (resourceName === "" || resourceName === String(config.nodeId)) return { resourceType: "broker", resourceName };
      return otherNode(resourceName) ?? invalid(`Unexpected broker id, expected ${config.nodeId}, but received ${resourceName}`);
    case ResourceType.BROKER_LOGGER:
      if (resourceName === String(config.nodeId)) return { error: "INVALID_CONFIG", message: `Logger ${firstConfig ?? ""} does not exist!` };
      return otherNode(resourceName) ?? invalid(`Unexpected node id. Expected ${config.nodeId}, but received ${resourceName}`);
    case ResourceType.GROUP:
      return { resourceType: "group", resourceName };
    case ResourceType.CLIENT_METRICS:
      return invalid("Samsa does not support configs of client metrics yet.");
    default:
      return invalid(`Unknown resource type ${resourceType}`);
  }
}

const valuesOf = (configs: readonly ConfigValue[]): ConfigsToReplace["configs"] => configs.map(({ name, value }) => ({ name, value }));

/** What groups may be given is in the configuration of brokers. */
function beyondLimits({ config }: BrokerServices, { resourceType }: Target, configs: readonly ConfigValue[]): Refused | undefined {
  if (resourceType !== "group") return undefined;
  for (const { name, value } of configs) {
    const message = value === null ? undefined : groupLimitFault(config.groups.consumer, name, value);
    if (message !== undefined) return { error: "INVALID_CONFIG", message };
  }
  return undefined;
}

const otherNode = (name: string): Refused | undefined => (/^[+-]?\d{1,10}$/.test(name) ? undefined : invalid(`Node id must be an integer, but it is: ${name}`));

type AlterOutcome =
  | { readonly type: "replied"; readonly reply: { readonly resources: readonly ConfigsAltered[] } }
  | { readonly type: "refused"; readonly error: ErrorName; readonly message: string | null };

/** One answer for each resource, in their order; the controller's are in the order of those that it was asked for. */
function toResponses(resources: readonly Resource[], asked: readonly (object | Refused)[], outcome: AlterOutcome | undefined): readonly Response[] {
  const altered = outcome?.type === "replied" ? [...outcome.reply.resources] : [];
  return resources.map(({ resourceType, resourceName }, index): Response => {
    const refused = asked[index];
    const told = refused !== undefined && "error" in refused ? refused : outcome?.type === "refused" ? outcome : altered.shift();
    return { errorCode: ErrorCode[told?.error ?? "UNKNOWN_SERVER_ERROR"], errorMessage: told?.message ?? null, resourceType, resourceName };
  });
}
