/** What a check of a deployment says: what is wrong, and how to fix it. */

export interface Finding {
  readonly check: string;
  readonly level: 'ok' | 'warning' | 'problem';
  readonly detail: string;
  /** Present unless all is well. */
  readonly fix?: string;
}

export const ok = (check: string, detail: string): Finding => ({ check, level: 'ok', detail });
export const warning = (check: string, detail: string, fix: string): Finding => ({
  check,
  level: 'warning',
  detail,
  fix,
});
export const problem = (check: string, detail: string, fix: string): Finding => ({
  check,
  level: 'problem',
  detail,
  fix,
});

const isDenied = (error: unknown): boolean =>
  error instanceof Error && /AccessDenied|UnauthorizedOperation|NotAuthorized/i.test(error.name);

/** A check that could not be made is a finding too. */
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
