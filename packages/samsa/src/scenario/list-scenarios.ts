import { formatExpectation, nodesOf, type Scenario } from "@samsa/scenario-runner";
import { scenarios } from "@samsa/scenarios";

/** `samsa scenario list`, for people. */
export const formatScenarioList = (): string => [...scenarios.values()].map((scenario) => linesOf(scenario).join("\n")).join("\n\n");

/** `samsa scenario list --json`: one object. */
export const scenarioListJson = (): string =>
  JSON.stringify({
    scenarios: [...scenarios.values()].map(({ name, title, teaches, prose, cluster, topic, load, expectation }) => ({
      name,
      title,
      teaches,
      prose,
      cluster,
      topic,
      load,
      expectation,
      worlds: ["process", "sim"],
    })),
  });

function linesOf(scenario: Scenario): readonly string[] {
  const { name, title, teaches, cluster } = scenario;
  const properties = Object.entries(cluster.properties ?? {}).map(([key, value]) => `${key}=${value}`);
  return [name, `  ${title}.`, `  ${teaches}`, `  ${[nodesOf(cluster), ...properties].join(", ")}; expected: ${formatExpectation(scenario)}`];
}
