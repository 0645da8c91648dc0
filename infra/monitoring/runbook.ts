/** Writes docs/runbook.md from the definitions of the alarms. */
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
  return [
    `## ${id}`,
    '',
    `${severity === 'page' ? 'Pages' : 'Ticket'}: ${watched(alarm)}, ${whenText(alarm)}.`,
    '',
    `- **Means.** ${runbook.means}`,
    `- **First look.** ${runbook.firstLook}`,
    `- **First action.** ${runbook.firstAction}`,
    `- Missing data: ${missing.as}. ${missing.because}`,
  ].join('\n');
};

const HEAD = `# Runbook

Made by \`npm run runbook\` from infra/monitoring/alarms.ts; edit there. Names of alarms begin with
\`sheratan-<stage>-\`, here \`dev\`. Each tells the topic \`sheratan-<stage>-alarms\` by itself, once when
it begins and once when it ends, with PAGE or TICKET as its first word: filter subscriptions by that.
Noise is kept down by the minutes that each one waits, by rates instead of single failures, and by
what waits on purpose being left out. No alarm hides behind another one that lasts. The dashboard \`sheratan-<stage>-mesh\` has a row for each context.`;

/** The whole document, with a section for each alarm. */
export const runbookOf = (alarms: readonly AlarmSpec[]): string =>
  `${[HEAD, ...alarms.map(sectionOf)].join('\n\n')}\n`;
