/** The synthesized template that an embedded cloud runs. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../state.ts';

/** For this machine only: jobs may call it, and what an account demands is not checked. */
const LOCAL_CONTEXT = ['allowLoopback=true', 'securityChecks=off'] as const;

/** Of which stage the package brings the assembly along. */
const STAGE_BUILT = 'dev';

interface Steps {
  /** Is given a synthesis that takes some seconds, and awaits it. */
  readonly around?: (synthesis: () => Promise<void>) => Promise<void>;
}

/**
 * The assembly that came with the package; in the repository, and for another stage, one that the
 * CDK makes, or made before of the same sources.
 *
 * @returns its directory, which nobody may change
 * @throws SynthesisError with what the CDK says is wrong
 */
export const assemblyFor = async (stage: string, { around }: Steps = {}): Promise<string> => {
  const built = join(ROOT, 'assembly');
  if (stage === STAGE_BUILT && existsSync(join(built, 'manifest.json'))) return built;
  const [{ keepWhileRunning }, { synthesize }] = await Promise.all([
    import('#infra/synthesis/cache.ts'),
    import('#infra/synthesis/synthesize.ts'),
  ]);
  const dir = await synthesize({
    root: ROOT,
    context: [`stage=${stage}`, ...LOCAL_CONTEXT],
    ...(around && { around }),
  });
  keepWhileRunning(dir);
  return dir;
};
