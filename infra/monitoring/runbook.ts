/** Writes docs/runbook.md from the definitions of the alarms. */
import { isBasic } from './level.ts';
import type { AlarmSpec } from './spec.ts';

const whenText = ({ over, under, when }: AlarmSpec): string => {
  const bound = over === undefined ? `below ${under}` : `above ${over}`;
  const { breaching, of, seconds } = when;
  const unit = seconds === 60 ? 'min' : `× ${seconds} s`;
  return `${bound} for ${breaching === of ? `${of} ${unit}` : `${breaching} of ${of} ${unit}`}`;
};

const watched = ({ series }: AlarmSpec): string =>
  series
    .flatMap((each) =>
      each.kind === 'math' ? [] : [`${each.metric.namespace} ${each.metric.name}`],
    )
    .join(', ');

const sectionOf = (alarm: AlarmSpec): string => {
  const { id, severity, missing, runbook } = alarm;
  const silence =
    missing.as === 'notBreaching' ? [] : [`- **No data.** ${missing.as}: ${missing.because}`];
  return [
    `## ${id}`,
    '',
    `${severity === 'page' ? 'PAGE' : 'TICKET'}: ${watched(alarm)}, ${whenText(alarm)}.`,
    '',
    `- **Means.** ${runbook.means}`,
    `- **First look.** ${runbook.firstLook}`,
    `- **First action.** ${runbook.firstAction}`,
    ...silence,
  ].join('\n');
};

const linksTo = (alarms: readonly AlarmSpec[], isMeant: (alarm: AlarmSpec) => boolean): string =>
  alarms
    .filter(isMeant)
    .map(({ id }) => `[${id}](#${id.toLowerCase()})`)
    .join(' · ');

const headOf = (alarms: readonly AlarmSpec[]): string => `# Runbook

What each alarm means, and what to do first. Daily commands are in [operating.md](operating.md).

The name of an alarm begins with \`sheratan-<stage>-\`; here the stage is \`dev\`. An alarm tells the topic
\`sheratan-<stage>-alarms\` twice: when it begins, and when it ends. PAGE or TICKET is the first word: filter
subscriptions by this word. The dashboard \`sheratan-<stage>-mesh\` has a row for each context.

**PAGE**: wake somebody. ${linksTo(alarms, ({ severity }) => severity === 'page')}

**TICKET**: look at it during the day. ${linksTo(alarms, ({ severity }) => severity === 'ticket')}

A stage with \`monitoring: basic\`, the default outside production, has only these, and no dashboard:
${linksTo(alarms, isBasic)}

To keep the noise down, an alarm waits for some minutes, goes by rates instead of single failures, and
leaves out what waits on purpose. An alarm that lasts hides no other alarm. No data is no alarm, unless
the section says otherwise.

This page is made by \`npm run runbook\` from infra/monitoring/alarms.ts. Edit there.`;

/** The whole document, with a section for each alarm. */
export const runbookOf = (alarms: readonly AlarmSpec[]): string =>
  `${[headOf(alarms), ...alarms.map(sectionOf)].join('\n\n')}\n`;
