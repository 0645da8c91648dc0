/** The form of a new schedule: when, and the job of each tick. */
import { useState } from 'preact/hooks';
import type { ConsoleSession } from '../../console/wire.ts';
import type { TickTimes } from '../../console/wireViews.ts';
import { Time } from '../parts.tsx';
import { useReading } from '../reading.ts';
import { type FieldTexts, KindChoice, PayloadFields, payloadOf } from './kindFields.tsx';
import { ChoiceField, Making, TextField } from './making.tsx';

const OVERLAPS = [
  ['skip', 'is left out'],
  ['queue', 'waits behind it'],
] as const;

const PRIORITIES = ['normal', 'critical', 'high', 'low'].map((each) => [each, each] as const);

/** When it would come: the expression as the server reads it. */
const Ticks = ({ expression, timezone }: { expression: string; timezone: string }) => {
  const { data } = useReading<TickTimes>('ticks', { expression, timezone });
  if (expression === '' || !data) return <p class="hint ticks"> </p>;
  if (data.fault !== undefined) return <p class="hint ticks">{data.fault}</p>;
  return (
    <p class="hint ticks">
      {data.fromStart ? 'If it starts now, it comes ' : 'It comes '}
      {data.at.map((at, n) => (
        <span key={at}>
          {n > 0 && ' · '}
          <Time at={at} exact />
        </span>
      ))}
      {data.at.length === 0 ? 'never again.' : ' …'}
    </p>
  );
};

/** The view `new-schedule`. */
export const NewSchedule = ({ session }: { session: ConsoleSession }) => {
  const [values, setValues] = useState<FieldTexts>({});
  const [name, setName] = useState(session.kinds[0]?.kind ?? '');
  const [fields, setFields] = useState<FieldTexts>({});
  const [text, setText] = useState('');
  const set = (field: string, value: string): void => setValues({ ...values, [field]: value });
  const kind = session.kinds.find((each) => each.kind === name);
  const { expression = '', timezone = '', source, group, priority } = values;
  const wish = (): object => ({
    action: 'addSchedule',
    name: values['name'] ?? '',
    expression,
    ...(timezone && { timezone }),
    overlap: values['overlap'] ?? 'skip',
    envelope: {
      kind: name,
      payload: payloadOf(kind, fields, text),
      ...(source && { source }),
      ...(group && { group }),
      ...(priority && { priority }),
    },
  });
  return (
    <Making
      {...{ session, wish }}
      title="Add a schedule"
      noun="schedule"
      list="schedules"
      name={values['name'] ?? ''}
    >
      <TextField name="name" label="Name" required {...{ values, set }} />
      <TextField
        name="expression"
        label="When"
        hint="rate(15 minutes), or cron(0 8 ? * MON-FRI *)"
        required
        {...{ values, set }}
      />
      <TextField name="timezone" label="Time zone" hint="UTC" {...{ values, set }} />
      <Ticks {...{ expression, timezone }} />
      <ChoiceField
        name="overlap"
        label="A tick, while the job of the tick before goes on"
        options={OVERLAPS}
        {...{ values, set }}
      />
      <h2 class="part">The job of each tick</h2>
      <KindChoice
        kinds={session.kinds}
        kind={name}
        set={(next) => {
          setName(next);
          setFields({});
        }}
      />
      <PayloadFields {...{ kind, values: fields, setValues: setFields, text, setText }} />
      <details>
        <summary>Source, group, priority</summary>
        <TextField name="source" label="Source" hint="default" {...{ values, set }} />
        <TextField
          name="group"
          label="Group"
          hint="one of the schedule’s own"
          {...{ values, set }}
        />
        <ChoiceField name="priority" label="Priority" options={PRIORITIES} {...{ values, set }} />
      </details>
    </Making>
  );
};
