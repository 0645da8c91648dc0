/** Changes by their names. */
import type { Change } from '../probing/liveness.ts';

/** Names a change for ever: hosts count theirs. */
export const changeIdOf = ({ host, seq }: Pick<Change, 'host' | 'seq'>): string => `${host}#${seq}`;
