/**
 * How long things last, in milliseconds of the cloud's clock. A pair is the range that the seed draws from.
 * Sources are in the table of the README (AWS documentation by title, or observed).
 */
export interface Timing {
  readonly task: {
    readonly provisioning: Range;
    readonly pending: Range;
    readonly activating: Range;
    /** After SIGTERM has done its work: ENI removal. */
    readonly deprovisioning: Range;
    /** A stopped task is described for this long, then MISSING. */
    readonly forgottenAfter: number;
  };
  readonly service: {
    /** RUNNING to healthy for a task without balancer and health check. */
    readonly healthyAfter: number;
    /** How often the service scheduler looks. */
    readonly schedulerTick: number;
  };
  readonly database: {
    readonly starting: Range;
    readonly stopping: Range;
    /** All of the instance: its first. */
    readonly snapshot: Range;
    /** Nothing has changed since the last one; between the two by the share that has. */
    readonly unchangedSnapshot: Range;
    readonly restoring: Range;
    readonly modifying: Range;
    readonly renaming: Range;
    /** A stopped instance starts again after this. */
    readonly restartedAfter: number;
  };
  readonly balancer: {
    /** A changed rule serves new requests after this. */
    readonly propagation: Range;
  };
  /** A changed distribution is deployed, at its last edge, after this. */
  readonly distributionDeploying: Range;
  /** Reads answer with what was true this long ago, for so long after a write; [0, 0] is strongly consistent. */
  readonly staleness: Range;
  /** A datum of a metric can be read this long after its minute ended. */
  readonly metricDelay: Range;
  /** A log event can be read this long after it was written. */
  readonly logDelay: Range;
}

export type Range = readonly [number, number];
