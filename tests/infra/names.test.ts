/**
 * What a deployed mesh is known by: logical ids, physical names, keys of tables, outputs. A release
 * that changes one of them would replace a table, rename a queue or lose an output, so each change is
 * seen here. `tests/fixtures/names.json` is written by
 * `SHERATAN_NAMES=write npm test -- --project infra names`. Write it anew for a new resource. A line
 * may change or go only with a way for those who have deployed before, named in CHANGELOG.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { loadAssembly } from '#emulator/template/template.ts';
import { described } from '../support/described.ts';

const FILE = 'tests/fixtures/names.json';
/** What says who a resource is; a change of one of these replaces it. */
const NAMED = [
  ...['TableName', 'QueueName', 'FunctionName', 'TopicName', 'DashboardName', 'Name', 'RuleName'],
  ...['KeySchema', 'AttributeDefinitions', 'GlobalSecondaryIndexes', 'FifoQueue', 'LogGroupName'],
];
/** Their ids or their names change with the code, or nothing is kept in them. */
const PASSING = /^AWS::(?:Lambda::Version|CDK::Metadata|IAM::|Lambda::Permission|CloudWatch::)/;

const namesOf = (settings: Readonly<Record<string, string>>) => {
  const { template } = loadAssembly(described(settings));
  const resources = Object.entries(template.Resources).filter(
    ([, { Type }]) => !PASSING.test(Type),
  );
  return {
    resources: Object.fromEntries(
      resources
        .toSorted(([a], [b]) => a.localeCompare(b, 'en'))
        .map(([id, { Type, Properties = {} }]) => [
          id,
          {
            Type,
            ...Object.fromEntries(
              NAMED.flatMap((key) => (key in Properties ? [[key, Properties[key]]] : [])),
            ),
          },
        ]),
    ),
    outputs: Object.keys(template.Outputs ?? {}).toSorted(),
  };
};

it('a mesh is known by what it was known by', () => {
  const names = {
    dev: namesOf({ signalUrls: 'true', http: 'true', hostEvents: 'true' }),
    prod: namesOf({ stage: 'prod' }),
  };
  if (process.env['SHERATAN_NAMES'] === 'write')
    writeFileSync(FILE, `${JSON.stringify(names, null, 1)}\n`);
  expect(names).toEqual(JSON.parse(readFileSync(FILE, 'utf8')));
});
