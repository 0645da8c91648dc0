/** What a job carries: result, envelope, record; large ones on demand. */
import { useState } from 'preact/hooks';
import type { JobWhole } from '../console/wire.ts';
import { askConsole } from './ask.ts';
import { Listing, pretty } from './parts.tsx';
import { onPress } from './reading.ts';

const Large = ({ id, of, title }: { id: string; of: 'result' | 'envelope'; title: string }) => {
  const [text, setText] = useState<string>();
  const load = async (): Promise<void> => {
    const body = await askConsole<{ text?: string }>('body', { id, of });
    setText(body?.text ?? 'It is not kept (any more).');
  };
  return text === undefined ? (
    <button type="button" onClick={() => onPress(load())}>
      Read the {title}
    </button>
  ) : (
    <Listing title={title} text={pretty(text)} />
  );
};

/** The texts of a job: result, envelope, record. */
export const Texts = ({ whole: { job } }: { whole: JobWhole }) => {
  const { result, envelope, raw, history: _, ...rest } = job;
  const { id } = job;
  return (
    <>
      {result !== undefined && (
        <section>
          <h2>Result</h2>
          <Listing title="Result" text={pretty(result)} />
        </section>
      )}
      {job['resultRef'] !== undefined && (
        <section>
          <h2>Result</h2>
          <Large id={id} of="result" title="large result" />
        </section>
      )}
      {(envelope !== undefined || job['envelopeRef'] !== undefined) && (
        <section>
          <h2>Envelope</h2>
          {envelope === undefined ? (
            <Large id={id} of="envelope" title="large envelope" />
          ) : (
            <Listing title="Envelope" text={pretty(envelope)} />
          )}
        </section>
      )}
      <details class="record">
        <summary>Record</summary>
        <pre tabIndex={0}>
          {JSON.stringify(raw === undefined ? rest : { ...rest, raw }, null, 2)}
        </pre>
      </details>
    </>
  );
};
