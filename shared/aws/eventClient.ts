/** The event bus's client, apart from the others: one function has it. */
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { OPTIONS } from './clients.ts';

export const eventClient = (): EventBridgeClient => new EventBridgeClient(OPTIONS);
