/** The bounds of steps, waits and signals; a part of LIMITS. */

export const STEP_LIMITS = {
  /** Steps and waits that one run of a job asks for. */
  stepsMax: 5_000,
  /** How often a job begins to take its steps back, when its worker is lost each time. */
  unwindsMax: 3,
  stepNameLengthMax: 128,
  /** A shorter wait does not end the run: to end the run costs more than to wait. */
  stepWaitInlineMs: 1_000,
  /** Branches of `all` that run at once, unless the handler says otherwise. */
  stepConcurrency: 10,
  /** The data of one signal, as JSON. */
  signalBytesMax: 65_536,
  /** The data that a signal URL holds, as JSON. */
  signalUrlDataBytesMax: 1_024,
  signalUrlLabelLengthMax: 80,
  signalUrlDays: 7,
  /** How many signals of one name are refused by their schema before the name is given up. */
  signalsRefusedMax: 20,
  /** A signal counts for a job that was sent at most so much later. */
  signalAheadSeconds: 3_600,
  /** Steps are kept so much longer than the job waits, for its end and for a redrive. */
  stepMarginSeconds: 1_209_600,
  /** How long steps are kept after they ended, unless their job waits longer. */
  stepKeptSeconds: 3_888_000,
} as const;
