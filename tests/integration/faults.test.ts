import { openServer, RUNNING, strikeEachCall } from '../support/faultScenarios.ts';

openServer();
strikeEachCall(RUNNING);
