/** What every command with a deployment shares. */
import { userInfo } from 'node:os';
import { type Deployment, findDeployment } from '#client/deployment.ts';
import type { TargetOptions } from '#client/target.ts';
import { systemClock } from '#shared/kernel/ports.ts';
import type { ExitCode } from './errors.ts';
import { note, plain } from './print.ts';

export interface SessionOptions extends TargetOptions {
  readonly json?: boolean;
}

export interface DecisionOptions extends SessionOptions {
  readonly reason?: string;
  readonly by?: string;
}

/** A deployment, with the clock of the commands. */
export type Session = Deployment & { readonly clock: typeof systemClock };

type Use = (session: Session) => Promise<ExitCode>;

/** Names the deployment before anything is done there, so that a person can still stop. */
export const nameTarget = (label: string): void => note(`target: ${plain(label)}`);

/**
 * Runs a command that changes nothing, and closes the deployment.
 *
 * @throws MeshError NO_DEPLOYMENT, WRONG_VERSION
 */
export const looking = async (options: TargetOptions, use: Use): Promise<ExitCode> => {
  const deployment = await findDeployment(options);
  try {
    return await use({ ...deployment, clock: systemClock });
  } finally {
    deployment.close();
  }
};

/**
 * Runs a command that may change something: first names the deployment on standard error.
 *
 * @throws MeshError NO_DEPLOYMENT, WRONG_VERSION
 */
export const withDeployment = (options: TargetOptions, use: Use): Promise<ExitCode> =>
  looking(options, (session) => {
    nameTarget(session.label);
    return use(session);
  });

/** Who decides, for traces: `--by`, else the user's name on this machine. */
export const actorOf = ({ by }: DecisionOptions): string => by ?? userInfo().username;
