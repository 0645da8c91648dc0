/** What an action did. */
import type { ActAnswer } from '../../console/wire.ts';

/** What became of each job. */
export const Outcome = ({ answer, close }: { answer: ActAnswer; close: () => void }) => (
  <>
    <p role="status">
      {answer.done.length} done{answer.refused.length > 0 && `, ${answer.refused.length} refused`}
    </p>
    <ul class="outcome">
      {answer.refused.map(({ id, code, message }) => (
        <li key={id} class="no">
          <span class="id">{id}</span> {code}: {message}
        </li>
      ))}
      {answer.done.map(({ id, text }) => (
        <li key={id}>
          <span class="id">{id}</span> {text}
        </li>
      ))}
    </ul>
    <div class="buttons">
      <button type="button" class="main" onClick={close}>
        Close
      </button>
    </div>
  </>
);
