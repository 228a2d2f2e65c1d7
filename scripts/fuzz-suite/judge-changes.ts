import { ErrorCode } from "@samsa/protocol";
import type { Outcome } from "./answered-case.ts";
import type { Values } from "./message-writer.ts";
import { Permissions } from "./permissions.ts";
import type { ClusterView } from "./target.ts";

export interface ChangesRound {
  readonly before: ClusterView;
  readonly after: ClusterView;
  readonly outcomes: readonly Outcome[];
}

/** One thing that one request asked for, and what it was told. */
interface Asked {
  /** What is changed: of one thing changed by two requests of a round nobody knows which came last. */
  readonly what: string;
  readonly asked: Values;
  readonly api: string;
  /** Undefined: nobody knows. */
  readonly errorCode: number | undefined;
}

const FEATURES = "features";

/** What was answered NONE is so: topics grew to what was asked for, configs and features have the values that they were given. */
export function judgeChanges({ before, after, outcomes }: ChangesRound): readonly string[] {
  const all = outcomes.flatMap(changesOf);
  const deletions = new Permissions(outcomes.filter(({ asked }) => asked.api.name === "DeleteTopics"));
  const creations = new Permissions(outcomes.filter(({ asked }) => /^(CreateTopics|Metadata)$/.test(asked.api.name)));
  return all.flatMap((change) => {
    const isAlone = all.every((other) => other === change || other.what !== change.what || isRefused(other));
    const topic = String(change.asked["name"] ?? change.asked["resourceName"] ?? "");
    // A deletion may name it by its id alone.
    const ids = [...before.topics].flatMap(([id, { name }]) => (name === topic ? [id] : []));
    if (!isAlone || change.errorCode !== ErrorCode.NONE || deletions.allows(topic, ...ids) || creations.allows(topic)) return [];
    const problem = problemOf(change, before, after);
    return problem === undefined ? [] : [`${change.api} of ${change.what} was answered NONE: ${problem}`];
  });
}

const isRefused = ({ errorCode }: Asked): boolean => errorCode !== undefined && errorCode !== ErrorCode.NONE && errorCode !== ErrorCode.REQUEST_TIMED_OUT;

function problemOf({ api, what, asked }: Asked, before: ClusterView, after: ClusterView): string | undefined {
  if (api === "CreatePartitions") {
    const topic = [...after.topics.values()].find(({ name }) => name === asked["name"]);
    return topic?.partitions === asked["count"] ? undefined : `it has ${topic?.partitions} partitions, not ${String(asked["count"])}`;
  }
  const [were, are] = [before.configs?.get(what), after.configs?.get(what)];
  if (after.configs === undefined) return undefined;
  if (api === "UpdateFeatures") return differenceOf([featureOf(asked)], are);
  const configs = asked["configs"] as readonly Values[];
  if (api === "IncrementalAlterConfigs") return differenceOf(configs.flatMap(incrementOf), are);
  const named = configs.map(({ name, value }) => [String(name), String(value)] as const);
  const gone = [...(were ?? [])].filter(([name]) => !named.some(([other]) => other === name)).map(([name]) => [name, undefined] as const);
  return differenceOf([...named, ...gone], are);
}

type Wanted = readonly [name: string, value: string | undefined];

const featureOf = ({ feature, maxVersionLevel }: Values): Wanted => [String(feature), maxVersionLevel === 0 ? undefined : String(maxVersionLevel)];

/** Lists that are appended to or subtracted from depend on what was there: those are not looked at. */
function incrementOf({ name, value, configOperation }: Values): readonly Wanted[] {
  if (configOperation === 0) return [[String(name), String(value)]];
  return configOperation === 1 ? [[String(name), undefined]] : [];
}

function differenceOf(wanted: readonly Wanted[], are: ReadonlyMap<string, string> | undefined): string | undefined {
  const wrong = wanted.find(([name, value]) => are?.get(name) !== value);
  return wrong === undefined ? undefined : `${wrong[0]} is ${are?.get(wrong[0])}, not ${wrong[1]}`;
}

function changesOf({ asked: { api, request }, answer }: Outcome): Asked[] {
  if (request["validateOnly"] === true) return [];
  if (api.name === "CreatePartitions")
    return elements(request, "topics").map((asked) => ({ what: `topic ${String(asked["name"])}`, asked, api: api.name, errorCode: codeOfName(answer, asked) }));
  if (api.name === "UpdateFeatures")
    return elements(request, "featureUpdates").map((asked) => ({
      what: FEATURES,
      asked,
      api: api.name,
      errorCode: answer?.["errorCode"] as number | undefined,
    }));
  if (!api.name.endsWith("AlterConfigs")) return [];
  return elements(request, "resources").map((asked, index) => ({
    what: `${String(asked["resourceType"])}:${String(asked["resourceName"])}`,
    asked,
    api: api.name,
    errorCode: answer === undefined ? undefined : (elements(answer, "responses")[index]?.["errorCode"] as number | undefined),
  }));
}

function codeOfName(answer: Values | undefined, { name }: Values): number | undefined {
  return answer === undefined ? undefined : (elements(answer, "results").find((result) => result["name"] === name)?.["errorCode"] as number | undefined);
}

const elements = (values: Values, field: string): readonly Values[] => (Array.isArray(values[field]) ? (values[field] as readonly Values[]) : []);
