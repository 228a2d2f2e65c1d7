import type { Uuid } from "@samsa/stdx";
import type { NetworkPort } from "@samsa/world";
import type { PlantControl } from "./plant-control.ts";
import { PlantedConnection } from "./planted-connection.ts";

/** A network whose accepted Kafka connections tell the lies that `control` wants told. What it dials is honest. */
export function plantedNetwork(inner: NetworkPort, control: PlantControl, topicName: (id: Uuid) => string | undefined): NetworkPort {
  return {
    listen: (endpoint, accept, done) => {
      const isKafka = endpoint.transport === "stream";
      inner.listen(endpoint, isKafka ? (connection) => accept(new PlantedConnection(connection, control, topicName)) : accept, done);
    },
    dial: (endpoint, done) => inner.dial(endpoint, done),
  };
}
