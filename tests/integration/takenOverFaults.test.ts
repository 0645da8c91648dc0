import { openServer, strikeEachCall, TAKEN_OVER } from '../support/faultScenarios.ts';

openServer();
strikeEachCall(TAKEN_OVER);
