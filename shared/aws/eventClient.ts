/** The client of the event bus, apart from the others: only one function uses it. */
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { OPTIONS } from './clients.ts';

/** A client of EventBridge. */
export const eventClient = (): EventBridgeClient => new EventBridgeClient(OPTIONS);
