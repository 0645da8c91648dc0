/** The account is bootstrapped once, before the files that deploy to it. */
import { openDeployed } from './deployed.ts';

export const setup = async (): Promise<void> => {
  const deployed = await openDeployed();
  try {
    await deployed.bootstrap();
    console.log(`Seconds: ${JSON.stringify(deployed.timings)}`);
  } finally {
    deployed.cleanUp();
  }
};
