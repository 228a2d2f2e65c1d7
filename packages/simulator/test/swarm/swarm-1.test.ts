import { swarmShard } from "./swarm-shard.ts";

swarmShard(0);
