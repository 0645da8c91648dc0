/**
 * A mesh in somebody's own CDK app, deployed: its kinds read a table of the app, and who sends finds
 * mesh and kinds by the parameter.
 */
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Assembly, type Deployed, openDeployed } from '../support/deployed.ts';

const STAGE = 'shop';
const APP = 'node tests/fixtures/app/app.ts';

const deployed: Deployed = await openDeployed();
let assembly: Assembly;

const sheratan = (args: readonly string[], input?: string) => deployed.sheratan(STAGE, args, input);
const send = (envelope: object) =>
  sheratan(['send', '-', '--wait', '120'], JSON.stringify(envelope));

beforeAll(async () => {
  assembly = await deployed.synthesize(STAGE, {}, { app: APP, stackName: 'Shop' });
  await deployed.deploy(assembly);
});
afterAll(() => {
  deployed.cleanUp();
  console.log(`Seconds: ${JSON.stringify(deployed.timings)}`);
});

it('tells its kinds and what they take, without CloudFormation', async () => {
  const { code, stdout, stderr } = await sheratan(['kinds']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.anything() });
  expect(stdout).toMatch(/order\.total +\{order\}/);
  const wrong = await send({ kind: 'order.total', payload: { order: 7 } });
  expect(wrong.stderr).toMatch(/PAYLOAD_INVALID *payload\.order/);
  expect(wrong.code).toBe(4);
});

it('runs a kind that reads a table of the app, with the rights that the app gave', async () => {
  const client = new DynamoDBClient();
  const Item = { id: { S: 'a-1' }, total: { N: '1042' } };
  await client.send(new PutItemCommand({ TableName: 'shop-orders', Item }));
  client.destroy();
  const sent = await send({ kind: 'order.total', id: 'total-1', payload: { order: 'a-1' } });
  expect(sent.code, sent.stderr).toBe(0);
  const { stdout } = await sheratan(['status', 'total-1', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ result: { order: 'a-1', total: 1_042 } });
});

it('goes with the app', async () => {
  await deployed.destroy(assembly);
  expect(await sheratan(['kinds'])).toMatchObject({
    code: expect.not.toBeOneOf([0]),
    stderr: expect.stringContaining('shop'),
  });
});
