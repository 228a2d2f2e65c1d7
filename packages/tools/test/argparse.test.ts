import { describe, expect, it } from "vitest";
import { kafkaVerifiableConsumer } from "../src/verifiable-consumer/kafka-verifiable-consumer.ts";
import { kafkaVerifiableProducer } from "../src/verifiable-producer/kafka-verifiable-producer.ts";
import { runTool } from "./run-tool.ts";

const PRODUCER_USAGE = `usage: verifiable-producer [-h] --topic TOPIC [--max-messages MAX-MESSAGES]
                           [--throughput THROUGHPUT] [--acks ACKS]
                           [--producer.config CONFIG-FILE]
                           [--message-create-time CREATE-TIME]
                           [--value-prefix VALUE-PREFIX]
                           [--repeating-keys REPEATING-KEYS]
                           [--command-config CONFIG-FILE]
                           --bootstrap-server HOST1:PORT1[,HOST2:PORT2[...]]
`;
const BROKER = "--bootstrap-server 127.0.0.1:1";

/** Each recorded from Kafka's tools. */
describe("arguments that argparse4j does not understand", () => {
  it.each([
    ["--topic t", "verifiable-producer: error:  one  of  the  arguments  --bootstrap-server is\nrequired\n"],
    [BROKER, "verifiable-producer: error: argument --topic is required\n"],
    [`${BROKER} --topic t --nope x`, "verifiable-producer: error: unrecognized arguments: '--nope'\n\nDid you mean:\n\t--topic\n"],
    [
      `${BROKER} --topic t --max-messages x`,
      "verifiable-producer: error: argument --max-messages:  could not convert 'x'\nto Integer (For input string: \"x\")\n",
    ],
    [`${BROKER} --topic t --acks 5`, "verifiable-producer: error: argument  --acks:  invalid  choice: '5' (choose\nfrom {0,1,-1})\n"],
    [`${BROKER} --topic t --acksx 1`, "verifiable-producer: error: unrecognized arguments: '--acksx'\n\nDid you mean:\n\t--acks\n"],
    [`${BROKER} --topic t --acksss 1`, "verifiable-producer: error: unrecognized arguments: '--acksss'\n"],
    [`${BROKER} --topic t --max-messages`, "verifiable-producer: error: argument --max-messages: expected one argument\n"],
    [`${BROKER} --topic t extra`, "verifiable-producer: error: unrecognized arguments: 'extra'\n"],
    [`${BROKER} --topic t -x`, "verifiable-producer: error: unrecognized arguments: '-x'\n"],
    [`${BROKER} --topic t --max-m 3 --t 4`, "verifiable-producer:  error:  ambiguous   option:   --t   could   match  --\nthroughput, --topic\n"],
    [`${BROKER} --topic t --command-config /tmp/none`, "verifiable-producer: error: /tmp/none\n"],
    [
      `${BROKER} --topic t --command-config /tmp/none --producer.config x`,
      "verifiable-producer: error: Options  --producer.config and --command-config\nare mutually exclusive.\n",
    ],
    [
      `${BROKER} --topic t --message-create-time 1.5`,
      "verifiable-producer:  error:  argument   --message-create-time:  could  not\nconvert '1.5' to Long (For input string: \"1.5\")\n",
    ],
    [
      `${BROKER} --topic=t --max-messages 9999999999`,
      "verifiable-producer: error:  argument  --max-messages:  could  not  convert\n'9999999999' to Integer (For input string: \"9999999999\")\n",
    ],
  ])("%s", async (line, message) => {
    expect(await runTool(kafkaVerifiableProducer, line.split(" "))).toEqual({ code: 1, stdout: "", stderr: `${PRODUCER_USAGE}${message}` });
  });

  it.each([
    [BROKER, "verifiable-consumer: error: argument --group-id is required\n"],
    [`${BROKER} --topic t --group-id g --verbose=x`, "verifiable-consumer: error: argument  --verbose:  ignore  implicit argument\n'x'\n"],
    [`${BROKER} --topic t --group-i g`, "verifiable-consumer: error:  ambiguous  option:  --group-i  could  match --\ngroup-id, --group-instance-id\n"],
  ])("of the consumer: %s", async (line, message) => {
    const { code, stdout, stderr } = await runTool(kafkaVerifiableConsumer, line.split(" "));
    expect([code, stdout, stderr.slice(stderr.indexOf("verifiable-consumer: error"))]).toEqual([1, "", message]);
  });

  it("but what Kafka's client has against them it says itself", async () => {
    const said = async (line: string): Promise<string> =>
      (await runTool(kafkaVerifiableConsumer, `${BROKER} --topic t --group-id g ${line}`.split(" "))).stderr;
    expect(await said("--group-protocol foo")).toBe(
      'Exception in thread "main" java.lang.IllegalArgumentException: No enum constant org.apache.kafka.clients.consumer.GroupProtocol.FOO\n',
    );
    expect(await said("--session-timeout 1000")).toBe(
      'Exception in thread "main" org.apache.kafka.common.KafkaException: Failed to construct kafka consumer\nCaused by: java.lang.IllegalArgumentException: Heartbeat must be set lower than the session timeout\n',
    );
    expect(await said("--assignment-strategy foo")).toBe(
      'Exception in thread "main" org.apache.kafka.common.KafkaException: Failed to construct kafka consumer\nCaused by: org.apache.kafka.common.KafkaException: foo ClassNotFoundException exception occurred\nCaused by: java.lang.ClassNotFoundException: foo\n',
    );
    expect(await said("--reset-policy foo")).toBe(
      "Exception in thread \"main\" org.apache.kafka.common.config.ConfigException: Invalid value foo for configuration auto.offset.reset: Invalid value `foo` for configuration auto.offset.reset. The value must be either 'earliest', 'latest', 'none' or of the format 'by_duration:<PnDTnHnMn.nS.>'.\n",
    );
    expect(await said("--group-protocol consumer")).toBe(
      'Exception in thread "main" org.apache.kafka.common.config.ConfigException: group.protocol is consumer: only classic is supported here.\n',
    );
  });
});
