/** docs/rights.md: the rights of each command as a table. */
import { EVERY_COMMAND, LOCAL_COMMANDS, RIGHTS, type Rights } from './rights.ts';
import { HELD, type RightsOn } from './rightsOn.ts';

const HEAD = `# Rights of each command

The smallest rights with which each command works. A test runs every command with exactly these rights, and then with each
of them missing: the command then names the right that it lacks (\`tests/e2e/rights.test.ts\`). This page is made by
\`npm run rights\` from \`cli/rights.ts\`.

A policy for IAM, of some commands or of all:

\`\`\`sh
npx sheratan rights doctor jobs why redrive --stage prod
npx sheratan rights "send --wait"
npx sheratan rights --stage prod            # of all commands
\`\`\`

A name of a group, such as \`schedules\`, means all its commands. Programs that only send and read:
[protocol.md](protocol.md#rights). Who deploys: [deploying.md](deploying.md#rights-to-deploy).
`;

const TAIL = `
- A mesh in another stack has no stack of its own name. There every command needs \`ssm:GetParameter\` on
  \`parameter/sheratan/*\` instead.
- A row with an option says what the command needs with this option, all together. Where one option has a row, the row
  without it is for the other uses.
- \`jobs --task\` needs the same as \`jobs --mission\`, and \`jobs --waiting\` the same as \`jobs --open\`. \`redrive\` with any
  other filter needs the same as with \`--status\`; \`--dry-run\` needs only the rights to read.
- \`send\` needs \`s3:PutObject\` only for large payloads, \`status\` \`s3:GetObject\` only for large results, \`redrive\` both only
  for large bodies. S3 says that an object is missing only to somebody who may list the bucket. Without \`s3:ListBucket\`
  S3 answers \`AccessDenied\` for a result that has expired.
- \`jobs\` and \`why\` go on without the dead letters, and say so. \`cancel\`, \`groups skip\` and \`groups resume\` decide also
  without \`sqs:ChangeMessageVisibility\`, and say that the message stays hidden for a time.
- \`console\` needs these rights for all its views together, as with \`--read-only\`. When a right is missing, the views that
  need it name it; all other views go on. An action of the page needs the rights of the command of the same name. Who
  adds or removes a schedule or a host on the page also needs the rights of \`console\`, and \`dynamodb:PutItem\` on the
  table of jobs, where the page keeps who did it and why. Without this last right the page goes on, and says so.
  \`sqs:GetQueueAttributes\` is needed only while a queue is paused.
- \`bridge --state\` also needs what \`state\` needs. A bridge that lacks a right ends, and names the right. What it claimed
  waits for the next bridge.
- A mesh with kinds of its own keeps a list of them in a bucket. \`kinds\`, \`types\`, \`send\`, \`schedules add\`, \`retry\`,
  \`redrive\` and \`doctor\` also need \`s3:GetObject\` on that object.
- \`status\`, \`why\`, \`watch\` and \`jobs\` read that list, too, and go on without it: then they hide every field of a kind
  that has sensitive ones.
- \`ledger reconcile --jobs TABLE\` scans that table in place of the table of jobs. With \`--yes\`, too, it needs both rows,
  without the scan of the table of jobs.
`;

const entriesOf = (rights: Rights): readonly (readonly [RightsOn, readonly string[]])[] =>
  Object.entries(rights) as [RightsOn, readonly string[]][];

const cellOf = (rights: Rights): string =>
  entriesOf(rights)
    .map(([held, actions]) => {
      const { service, says } = HELD[held];
      return `${actions.map((action) => `\`${service}:${action}\``).join(', ')} on ${says}`;
    })
    .join('; ') || 'nothing more';

const wordsOf = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');

const rows = (): readonly string[] => {
  const byCell = Map.groupBy(Object.keys(RIGHTS), (name) => cellOf(RIGHTS[name] ?? {}));
  return [...byCell].map(([cell, names]) => `| ${wordsOf(names)} | ${cell} |`);
};

const arnsOf = ([held, { arns }]: (typeof HELD_ENTRIES)[number]): string => {
  const [arn = ''] = arns('STAGE');
  return `| ${HELD[held].says} | \`${arn}\` |`;
};

const HELD_ENTRIES = Object.entries(HELD) as [RightsOn, (typeof HELD)[RightsOn]][];

/** The page as text. */
export const rightsPage = (): string =>
  [
    HEAD,
    '| command | needs |\n| --- | --- |',
    `| every command | ${cellOf(EVERY_COMMAND)} |`,
    ...rows(),
    `| ${wordsOf([...LOCAL_COMMANDS])} | nothing of AWS |`,
    TAIL,
    '## What the names mean\n\n| name | ARN |\n| --- | --- |',
    ...HELD_ENTRIES.filter(([, { arns }]) => arns('')[0] !== '*').map(arnsOf),
    '',
  ].join('\n');
