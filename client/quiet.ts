/** A logger for programs in which the caller hears of everything that fails. */
import type { Logger } from '#shared/kernel/ports.ts';

const quiet = (): void => undefined;

/** Logs nothing: what fails is in the outcome. */
export const QUIET: Logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
