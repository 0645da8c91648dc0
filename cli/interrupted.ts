/** The end of commands that go on until a person ends them. */

/** Resolves at the first SIGINT (Ctrl-C) or SIGTERM; a second SIGINT ends the process at once. */
export const untilInterrupted = (): Promise<void> =>
  new Promise((resolve) => {
    const onSignal = (): void => {
      process.once('SIGINT', () => process.exit(130));
      resolve();
    };
    process.once('SIGINT', onSignal);
    process.once('SIGTERM', onSignal);
  });
