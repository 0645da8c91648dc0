/** The event source mappings of an account, as far as a deployment's health goes. */
import {
  type EventSourceMappingConfiguration,
  LambdaClient,
  type LambdaClientConfig,
  paginateListEventSourceMappings,
} from '@aws-sdk/client-lambda';

export interface MappingState {
  readonly id: string;
  /** `Enabled`, `Disabled`, or on its way to either. */
  readonly state: string;
  /** Why it is in that state; empty when Lambda does not say. */
  readonly reason: string;
  /** Of a stream: what became of the last batch, `PROBLEM: …` when it could not be handed over. */
  readonly lastResult: string;
  readonly sourceArn: string;
  readonly functionArn: string;
}

const stateOf = (mapping: EventSourceMappingConfiguration): MappingState => ({
  id: mapping.UUID ?? '',
  state: mapping.State ?? '',
  reason: mapping.StateTransitionReason ?? '',
  lastResult: mapping.LastProcessingResult ?? '',
  sourceArn: mapping.EventSourceArn ?? '',
  functionArn: mapping.FunctionArn ?? '',
});

export const listMappings = async (
  options: LambdaClientConfig,
): Promise<readonly MappingState[]> => {
  const client = new LambdaClient(options);
  const all: MappingState[] = [];
  for await (const page of paginateListEventSourceMappings({ client }, {}))
    all.push(...(page.EventSourceMappings ?? []).map(stateOf));
  client.destroy();
  return all;
};
