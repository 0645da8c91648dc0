/** What every command that talks to a deployment shares. */
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

/** A deployment with the clock that commands go by. */
export type Session = Deployment & { readonly clock: typeof systemClock };

type Use = (session: Session) => Promise<ExitCode>;

/** Before anything is done there: whoever meant another place can still stop. */
export const nameTarget = (label: string): void => note(`target: ${plain(label)}`);

/** For commands that only look. */
export const looking = async (options: TargetOptions, use: Use): Promise<ExitCode> => {
  const deployment = await findDeployment(options);
  try {
    return await use({ ...deployment, clock: systemClock });
  } finally {
    deployment.close();
  }
};

/** For all that may change something: says on stderr where, first. */
export const withDeployment = (options: TargetOptions, use: Use): Promise<ExitCode> =>
  looking(options, (session) => {
    nameTarget(session.label);
    return use(session);
  });

/** Who decides: traces name a person. */
export const actorOf = ({ by }: DecisionOptions): string => by ?? userInfo().username;
