/** Where an action happens. */
import type { ConsoleSession } from '../../console/wire.ts';

/** Where it happens, so that nobody steers the wrong mesh. */
export const Target = ({ session }: { session: ConsoleSession }) => (
  <p class={`target ${placeClass(session)}`}>
    <strong>{session.production ? 'Production' : session.stage}</strong> {session.label}
  </p>
);

/** The colour of the place. */
export const placeClass = ({ production, embedded }: ConsoleSession): string => {
  if (production) return 'production';
  return embedded ? 'embedded' : 'remote';
};
