/** Draws the life of a job. */
import { TERMINAL } from '#shared/contracts/jobs.ts';
import type { JobWhole } from '../../console/wire.ts';
import { durationText } from '../format.ts';
import { second } from '../now.ts';
import { Time } from '../parts.tsx';
import { type Bar, barsOf } from './timeline.ts';

const BAR_MIN = 0.4;
const LANES = { wait: 'Waits', run: 'Attempts', step: 'Steps' } as const;

const BarLine = ({ bar, from, span }: { bar: Bar; from: number; span: number }) => {
  const left = ((bar.from - from) / span) * 100;
  const width = Math.max(BAR_MIN, ((bar.to - bar.from) / span) * 100);
  const told = `${bar.name}: ${durationText(bar.to - bar.from)}`;
  return (
    <li>
      <span class="bar-name">{bar.name}</span>
      <span class="track">
        <i
          class={`bar ${bar.lane} ${bar.end}`}
          title={told}
          ref={(element) => {
            element?.style.setProperty('left', `${Math.min(left, 100 - BAR_MIN)}%`);
            element?.style.setProperty('width', `${Math.min(width, 100 - Math.min(left, 99))}%`);
          }}
        />
      </span>
      <span class="number">{durationText(bar.to - bar.from)}</span>
    </li>
  );
};

/** The life of a job as bars over time. */
export const Timeline = ({ whole }: { whole: JobWhole }) => {
  const { status, updatedAt } = whole.job;
  const isOver = TERMINAL.some((each) => each === status);
  const bars = barsOf(whole, isOver ? updatedAt : Math.max(updatedAt, second.value));
  if (bars.length === 0) return null;
  const from = Math.min(...bars.map((bar) => bar.from));
  const span = Math.max(1, ...bars.map((bar) => bar.to - from));
  return (
    <section class="card timeline" aria-label="Timeline">
      {(['wait', 'run', 'step'] as const).map((lane) => {
        const own = bars.filter((bar) => bar.lane === lane);
        if (own.length === 0) return null;
        return (
          <div key={lane}>
            <h2 class="lane">{LANES[lane]}</h2>
            <ul>
              {own.map((bar, index) => (
                <BarLine bar={bar} from={from} span={span} key={index} />
              ))}
            </ul>
          </div>
        );
      })}
      <p class="scale dim">
        <Time at={from} exact />
        <span>{durationText(span)}</span>
      </p>
    </section>
  );
};
