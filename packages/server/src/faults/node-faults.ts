import type { Prng, Uuid } from "@samsa/stdx";
import { FaultControl, type FaultTimer, faultyWorld, type OperatorFault, type WorldPorts } from "@samsa/world";
import { PlantControl } from "./plant-control.ts";
import { plantedNetwork } from "./planted-network.ts";

export interface NodeFaultsOptions {
  readonly nodeId: number;
  readonly timer: FaultTimer;
  readonly prng: Prng;
  /** Names a topic; undefined while the node does not know it. */
  readonly topicName: (id: Uuid) => string | undefined;
  /** A fault did something. */
  readonly fired: (fault: string, detail: string) => void;
}

/** All that can be done to a node from within: `ports` are its world with faults in it, `inject` takes what the control plane asks for. */
export class NodeFaults {
  private readonly options: NodeFaultsOptions;
  readonly control: FaultControl;
  private readonly plants: PlantControl;

  constructor(options: NodeFaultsOptions) {
    const { timer, prng, topicName, fired } = options;
    this.options = options;
    this.control = new FaultControl({ timer, prng, fired: ({ fault, detail }) => fired(fault, detail) });
    this.plants = new PlantControl({ topicName, fired: (detail) => fired("plant", detail) });
  }

  decorate(ports: WorldPorts): WorldPorts {
    return faultyWorld({ ...ports, network: plantedNetwork(ports.network, this.plants, this.options.topicName) }, this.control);
  }

  /** Why not; null: it is done. */
  inject(fault: OperatorFault): string | null {
    const { nodeId } = this.options;
    if ("victim" in fault && fault.victim !== undefined && (fault.victim.type !== "node" || fault.victim.id !== nodeId))
      return `the victim is not this node, ${nodeId}`;
    switch (fault.type) {
      case "heal":
        this.control.healAll();
        this.plants.disarm();
        return null;
      case "cut":
        this.control.inject({
          type: "partition",
          endpoints: fault.endpoints,
          stopsOutgoing: fault.stops !== "incoming",
          stopsIncoming: fault.stops !== "outgoing",
        });
        return null;
      case "plant":
        return this.plants.arm(fault) ? null : "too many lies wait for their turn";
      case "disk-error":
      case "disk-full":
      case "log-dir-failure":
      case "slow-disk":
      case "slow-network":
      case "reset":
        this.control.inject(fault);
        return null;
      default:
        return `a node can't do ${fault.type} to itself`;
    }
  }
}
