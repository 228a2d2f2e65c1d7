import {
  apis,
  type DescribeConfigsResponse,
  ErrorCode,
  newDescribeConfigsRequest,
  newDescribeConfigsResource,
  newIncrementalAlterConfigsRequest,
  newIncrementalAlterConfigsResource,
  newIncrementallyAlterableConfig,
  newListConfigResourcesRequest,
} from "@samsa/protocol";
import { brokerError, type JavaException } from "../java-exception.ts";
import type { Session } from "../session/session.ts";

/** As long as Kafka's tool waits. */
const ALTER_TIMEOUT_MS = 30_000;

/** What has configs, as requests number it. */
export const ResourceType = { TOPIC: 2, BROKER: 4, BROKER_LOGGER: 8, CLIENT_METRICS: 16, GROUP: 32 } as const;
export type ResourceType = (typeof ResourceType)[keyof typeof ResourceType];

/** Where a value comes from, as answers number it. */
export const ConfigSource = {
  DYNAMIC_TOPIC_CONFIG: 1,
  DYNAMIC_BROKER_CONFIG: 2,
  DYNAMIC_DEFAULT_BROKER_CONFIG: 3,
  STATIC_BROKER_CONFIG: 4,
  DEFAULT_CONFIG: 5,
  DYNAMIC_BROKER_LOGGER_CONFIG: 6,
  DYNAMIC_CLIENT_METRICS_CONFIG: 7,
  DYNAMIC_GROUP_CONFIG: 8,
} as const;

const SOURCE_NAMES: ReadonlyMap<number, string> = new Map(Object.entries(ConfigSource).map(([name, source]) => [source, name]));

export const sourceName = (source: number): string => SOURCE_NAMES.get(source) ?? "UNKNOWN";

export interface ConfigResource {
  readonly type: ResourceType;
  /** Of brokers: the empty name is what holds for all of them. */
  readonly name: string;
}

export type ConfigEntry = DescribeConfigsResponse["results"][number]["configs"][number];

/** In the order of the resources; a resource that can't be described has its error. What a broker knows of itself, that broker is asked. */
export async function describeConfigs(
  session: Session,
  resources: readonly ConfigResource[],
  { includeSynonyms = false }: { readonly includeSynonyms?: boolean } = {},
): Promise<readonly (readonly ConfigEntry[] | JavaException)[]> {
  const isOfBroker = ({ type, name }: ConfigResource): boolean => (type === ResourceType.BROKER && name !== "") || type === ResourceType.BROKER_LOGGER;
  const elsewhere = resources.filter((resource) => !isOfBroker(resource));
  const groups = [...(elsewhere.length === 0 ? [] : [elsewhere]), ...resources.filter(isOfBroker).map((resource) => [resource])];
  const answers = await Promise.all(groups.map((group) => ask(session, group, includeSynonyms, isOfBroker(group[0] ?? { type: 2, name: "" }))));
  const results = answers.flatMap(({ results: each }) => each);
  return resources.map(({ type, name }) => {
    const result = results.find(({ resourceType, resourceName }) => resourceType === type && resourceName === name);
    if (result === undefined) return brokerError(ErrorCode.UNKNOWN_SERVER_ERROR, "The broker said nothing of what it was asked");
    return result.errorCode === ErrorCode.NONE ? result.configs : brokerError(result.errorCode, result.errorMessage);
  });
}

/** Names of what has configs of this type; none where the brokers can't list them. */
export async function listConfigResources(session: Session, type: ResourceType): Promise<readonly string[]> {
  const { errorCode, configResources } = await session.request({
    callName: "listConfigResources",
    api: apis.ListConfigResources,
    request: () => newListConfigResourcesRequest({ resourceTypes: [type] }),
    target: { type: "any" },
    errorOf: (response) => response.errorCode,
  });
  if (errorCode !== ErrorCode.NONE) throw brokerError(errorCode);
  return configResources.filter(({ resourceType }) => resourceType === type).map(({ resourceName }) => resourceName);
}

const SET = 0;
const DELETE = 1;

/** Sets and unsets keys of one resource. Throws what is said against it. */
export async function alterConfigs(
  session: Session,
  { type, name }: ConfigResource,
  { added, deleted }: { readonly added: ReadonlyMap<string, string>; readonly deleted: readonly string[] },
): Promise<void> {
  const configs = [
    ...deleted.map((key) => newIncrementallyAlterableConfig({ name: key, configOperation: DELETE, value: "" })),
    ...[...added].map(([key, value]) => newIncrementallyAlterableConfig({ name: key, configOperation: SET, value })),
  ];
  const isOfBroker = (type === ResourceType.BROKER && name !== "") || type === ResourceType.BROKER_LOGGER;
  const { responses } = await session.request({
    callName: "incrementalAlterConfigs",
    api: apis.IncrementalAlterConfigs,
    request: () => newIncrementalAlterConfigsRequest({ resources: [newIncrementalAlterConfigsResource({ resourceType: type, resourceName: name, configs })] }),
    target: isOfBroker ? { type: "broker", broker: Number(name) } : { type: "controller" },
    errorOf: (response) => (response.responses[0]?.errorCode === ErrorCode.NOT_CONTROLLER ? ErrorCode.NOT_CONTROLLER : ErrorCode.NONE),
    timeoutMs: ALTER_TIMEOUT_MS,
  });
  const failed = responses.find(({ errorCode }) => errorCode !== ErrorCode.NONE);
  if (failed !== undefined) throw brokerError(failed.errorCode, failed.errorMessage);
}

function ask(session: Session, resources: readonly ConfigResource[], includeSynonyms: boolean, isOfBroker: boolean): Promise<DescribeConfigsResponse> {
  const broker = Number(resources[0]?.name);
  return session.request({
    callName: isOfBroker ? "describeBrokerConfigs" : "describeConfigs",
    api: apis.DescribeConfigs,
    request: () =>
      newDescribeConfigsRequest({
        resources: resources.map(({ type, name }) => newDescribeConfigsResource({ resourceType: type, resourceName: name, configurationKeys: null })),
        includeSynonyms,
      }),
    target: isOfBroker ? { type: "broker", broker } : { type: "any" },
  });
}
