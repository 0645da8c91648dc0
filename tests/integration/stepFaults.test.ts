import { openServer, STEPWISE, strikeEachCall } from '../support/faultScenarios.ts';
import { FAULTS, type Fault } from '../support/faults.ts';

/** By turns at every third call; every fault at each call with the variable. */
const TURNS: readonly Fault[] = ['killed before', 'killed after', 'answer lost', 'stalled'];

const turnAt = (call: number): readonly Fault[] =>
  call % 3 === 0 ? TURNS.slice((call / 3) % TURNS.length).slice(0, 1) : [];

openServer();
strikeEachCall(STEPWISE, process.env['SHERATAN_EVERY_FAULT'] ? () => FAULTS : turnAt);
