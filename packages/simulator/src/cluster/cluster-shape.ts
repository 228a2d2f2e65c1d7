/** How many nodes of which roles. */
export interface ClusterShape {
  readonly brokers: number;
  /** Nodes that are controllers only; 0: the brokers are controllers too. */
  readonly controllers: number;
}

/** All brokers are controllers too. */
export const combined = (nodes: number): ClusterShape => ({ brokers: nodes, controllers: 0 });

/** Brokers have the ids from 1 on, controllers of their own those behind. */
export const nodeIds = ({ brokers, controllers }: ClusterShape): readonly number[] => Array.from({ length: brokers + controllers }, (_, index) => index + 1);

/** Who votes in the metadata quorum. */
export const voterIds = (shape: ClusterShape): readonly number[] => (shape.controllers === 0 ? nodeIds(shape) : nodeIds(shape).slice(shape.brokers));

export const isBrokerId = (shape: ClusterShape, id: number): boolean => id <= shape.brokers;
