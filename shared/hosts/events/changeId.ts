/** Ids of changes. */
import type { StateChange } from '../probing/hostState.ts';

/** The id of a change, unique for ever: each host counts its changes. */
export const changeIdOf = ({ host, seq }: Pick<StateChange, 'host' | 'seq'>): string =>
  `${host}#${seq}`;
