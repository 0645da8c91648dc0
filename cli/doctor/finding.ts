/** A finding of the doctor: what is wrong, and how to fix it. */
import { isDenied } from '#shared/kernel/denied.ts';

export interface Finding {
  readonly check: string;
  readonly level: 'ok' | 'warning' | 'problem';
  readonly detail: string;
  /** What to do; absent when the level is `ok`. */
  readonly fix?: string;
}

/** A finding that nothing is wrong. */
export const okFinding = (check: string, detail: string): Finding => ({
  check,
  level: 'ok',
  detail,
});
/** A finding for a person to decide; the exit code stays 0. */
export const warning = (check: string, detail: string, fix: string): Finding => ({
  check,
  level: 'warning',
  detail,
  fix,
});
/** A finding that must be fixed; the doctor exits with 4. */
export const problem = (check: string, detail: string, fix: string): Finding => ({
  check,
  level: 'problem',
  detail,
  fix,
});

/** Runs a check; when the check itself fails, this is a finding, too. */
export const attempt = async (
  check: string,
  work: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> => {
  try {
    return await work();
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return [
      isDenied(error)
        ? problem(check, `you may not look: ${reason}`, 'ask for the rights in docs/deploying.md')
        : problem(check, `could not be looked at: ${reason}`, 'see the reason; then run it again'),
    ];
  }
};
