/** What a job carries: result, envelope, record; large and hidden ones on demand. */
import { useState } from 'preact/hooks';
import type { JobWhole } from '../../console/wire.ts';
import { askConsole } from '../ask.ts';
import { Listing, pretty } from '../parts.tsx';
import { onPress } from '../reading.ts';

const MARK = /\[hidden [0-9a-f]+\]/;

interface BodyProps {
  readonly id: string;
  readonly of: 'result' | 'envelope';
  /** What is shown at first; undefined for a large text, which is read on demand. */
  readonly text: string | undefined;
}

/** One text; a press reads a large one, another press shows what is hidden in it. */
const Body = ({ id, of, text }: BodyProps) => {
  const [read, setRead] = useState<string>();
  const [isOpen, setOpen] = useState(false);
  const ask = async (show?: 'yes'): Promise<void> => {
    const body = await askConsole<{ text?: string }>('body', { id, of, show });
    setRead(body?.text ?? 'It is not kept (any more).');
    setOpen(show === 'yes');
  };
  const shown = read ?? text;
  const hides = shown !== undefined && MARK.test(shown);
  return (
    <section>
      <h2>{of === 'result' ? 'Result' : 'Envelope'}</h2>
      {shown === undefined ? (
        <button type="button" onClick={() => onPress(ask())}>
          Read the large {of}
        </button>
      ) : (
        <Listing title={of === 'result' ? 'Result' : 'Envelope'} text={pretty(shown)} />
      )}
      {hides && (
        <p class="reveal">
          <button type="button" onClick={() => onPress(ask('yes'))}>
            Show hidden fields of the {of}
          </button>
          <span class="dim">on this screen, until you hide them or leave the job</span>
        </p>
      )}
      {isOpen && (
        <p class="reveal">
          <button type="button" class="main" onClick={() => onPress(ask())}>
            Hide them again
          </button>
          <span class="dim">sensitive fields are shown</span>
        </p>
      )}
    </section>
  );
};

const textOf = (value: unknown): string | undefined =>
  value === undefined ? undefined : typeof value === 'string' ? value : JSON.stringify(value);

/** The texts of a job: result, envelope, record. */
export const Texts = ({ whole: { job, sensitive } }: { whole: JobWhole }) => {
  const { result, envelope, history: _, ...rest } = job;
  const { id } = job;
  const hasResult = result !== undefined || job['resultRef'] !== undefined;
  const hasEnvelope = envelope !== undefined || job['envelopeRef'] !== undefined;
  return (
    <>
      {sensitive && (
        <p class="hint">
          Its kind calls these fields sensitive: <code>{sensitive.join(', ')}</code>. A mark stands
          in the place of each value.
        </p>
      )}
      {hasResult && <Body id={id} of="result" text={textOf(result)} />}
      {hasEnvelope && <Body id={id} of="envelope" text={textOf(envelope)} />}
      <details class="record">
        <summary>Record</summary>
        <pre tabIndex={0}>{JSON.stringify(rest, null, 2)}</pre>
      </details>
    </>
  );
};
