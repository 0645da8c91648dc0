/** The form of a new host: where it is, what it runs, and how it is probed. */
import { useState } from 'preact/hooks';
import { PROBE_INTERVALS } from '#shared/contracts/hosts.ts';
import { UNIT_DEFAULT } from '#shared/contracts/ledger.ts';
import type { ConsoleSession } from '../../console/wire.ts';
import type { FieldTexts } from './kindFields.tsx';
import { ChoiceField, Making, TextField } from './making.tsx';

const INTERVALS = [
  ['', 'as usual'],
  ...PROBE_INTERVALS.map((each) => [String(each), `every ${each} s`] as const),
] as const;

const wordsIn = (text = ''): readonly string[] => text.split(/[\s,]+/).filter(Boolean);

const wholeOf = (label: string, text = ''): number | undefined => {
  if (text.trim() === '') return undefined;
  if (!/^\d+$/.test(text.trim())) throw new SyntaxError(`${label}: a whole number.`);
  return Number(text);
};

/** The view `new-host`. */
export const NewHost = ({ session }: { session: ConsoleSession }) => {
  const [values, setValues] = useState<FieldTexts>({});
  const set = (field: string, value: string): void => setValues({ ...values, [field]: value });
  const { id = '', endpoint = '', unit, path, interval } = values;
  const wish = (): object => {
    const concurrency = wholeOf('Slots', values['slots']);
    return {
      action: 'addHost',
      id,
      endpoint,
      kind: wordsIn(values['kinds']),
      tag: wordsIn(values['tags']),
      ...(unit && { unit }),
      ...(path && { path }),
      ...(interval && { interval: Number(interval) }),
      ...(concurrency !== undefined && { concurrency }),
    };
  };
  return (
    <Making {...{ session, wish }} title="Add a host" noun="host" list="hosts" name={id}>
      <TextField name="id" label="Id" required {...{ values, set }} />
      <TextField
        name="endpoint"
        label="URL"
        hint="https://host.example:8443"
        required
        {...{ values, set }}
      />
      <TextField
        name="kinds"
        label="What it runs, with the price in minor units"
        hint="pdf=20 thumbnail=0"
        required
        {...{ values, set }}
      />
      <TextField name="slots" label="Slots: runs at once" {...{ values, set }} />
      <details>
        <summary>Unit, tags, probe</summary>
        <TextField
          name="unit"
          label="Unit of its prices"
          hint={UNIT_DEFAULT}
          {...{ values, set }}
        />
        <TextField
          name="tags"
          label="Tags"
          hint="words that jobs may ask for"
          {...{ values, set }}
        />
        <TextField name="path" label="Path that is probed" hint="/health" {...{ values, set }} />
        <ChoiceField name="interval" label="Probed" options={INTERVALS} {...{ values, set }} />
      </details>
    </Making>
  );
};
