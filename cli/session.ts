/** What every command that talks to a deployment shares. */
import { userInfo } from 'node:os';
import { type Deployment, findDeployment, type TargetOptions } from '#client/deployment.ts';
import { systemClock } from '#shared/kernel/ports.ts';
import type { ExitCode } from './errors.ts';

export interface SessionOptions extends TargetOptions {
  readonly json?: boolean;
}

export interface DecisionOptions extends SessionOptions {
  readonly reason?: string;
  readonly by?: string;
}

/** A deployment with the clock that commands go by. */
export type Session = Deployment & { readonly clock: typeof systemClock };

export const withDeployment = async (
  options: TargetOptions,
  use: (session: Session) => Promise<ExitCode>,
): Promise<ExitCode> => {
  const deployment = await findDeployment(options);
  try {
    return await use({ ...deployment, clock: systemClock });
  } finally {
    deployment.close();
  }
};

/** Who decides: traces name a person. */
export const actorOf = ({ by }: DecisionOptions): string => by ?? userInfo().username;
