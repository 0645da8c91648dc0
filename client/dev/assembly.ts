/** The synthesized template that an embedded cloud runs. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../state.ts';

/**
/**
 * For this machine only: jobs may call it, what an account demands is not checked, and every metric
 * is emitted for the dashboard, which costs nothing here.
 */
const LOCAL_CONTEXT = [
  ...['allowLoopback=true', 'securityChecks=off', 'monitoring=full'],
  // No canary runs here, and a person who mistyped a kind wants to hear of it at once.
  'unknownKindGraceSeconds=0',
  // On loopback a URL is no risk.
  ...['signalUrls=true', 'http=true'],
] as const;

/** The stage whose assembly the package contains. */
const STAGE_BUILT = 'dev';

interface Steps {
  /** Gets the synthesis as a function, calls it and awaits it: it takes some seconds. */
  readonly around?: (synthesis: () => Promise<void>) => Promise<void>;
}

/**
 * The assembly of a stage: the package's own if it has this stage, else one that the CDK makes now
 * or made before from the same sources.
 *
 * @returns the folder of the assembly, which no one may change
 * @throws SynthesisError with the CDK's own message
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
