/** What the page is told when a call fails: which right is missing, or what the service said. */
import { CursorError } from '#shared/jobs/dynamo/jobPages.ts';
import { isDenied } from '#shared/kernel/denied.ts';
import { CliError } from '../errors.ts';
import type { ConsoleRefusal } from './wire.ts';

export interface AnswerFault {
  readonly status: number;
  readonly refusal: ConsoleRefusal;
}

const RIGHT = /not authorized to perform:? ([\w:*-]+)(?: on resource:? (\S+))?/;

/** AWS names the right in its message; a sentence of ours says what to do. */
const denied = (error: Error): AnswerFault => {
  const [, right, resource] = RIGHT.exec(error.message) ?? [];
  const what = right ? `${right}${resource ? ` on ${resource}` : ''}` : error.message;
  return {
    status: 403,
    refusal: {
      code: 'RIGHT_MISSING',
      message: `Your AWS identity lacks a right: ${what}. Ask for this right, or choose another profile.`,
    },
  };
};

/** The answer for an error of the deployment. */
export const faultOf = (error: unknown): AnswerFault => {
  if (!(error instanceof Error))
    return { status: 500, refusal: { code: 'FAULT', message: String(error) } };
  if (isDenied(error)) return denied(error);
  if (error instanceof CursorError || error instanceof CliError) {
    const code = error instanceof CursorError ? error.code : 'REFUSED';
    return { status: 400, refusal: { code, message: error.message } };
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return { status: 502, refusal: { code, message: error.message } };
};
