/** Changes by their names. */
import type { Change } from './live.ts';

/** Names a change for ever: hosts count theirs. */
export const changeIdOf = ({ host, seq }: Pick<Change, 'host' | 'seq'>): string => `${host}#${seq}`;
