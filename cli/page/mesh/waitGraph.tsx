/** Draws who waits for whom: a small tree for each cause, narrow enough for a phone. */
import type { WaitCause } from '../../console/wireViews.ts';
import { hrefOf } from '../route.ts';
import { type WaitRow, waitTrees } from './waitTree.ts';

const WIDTH = 330;
const STEP = { x: 20, y: 50 };
const HEIGHT = 42;
const TREES_MAX = 12;
const LETTER_WIDTH = 7;

const short = (text: string, width: number): string => {
  const max = Math.floor(width / LETTER_WIDTH);
  return text.length > max ? `${text.slice(0, max - 1)}…` : text;
};

/** Of many it is what may be decided; of few it is the job. */
const hrefOfRow = ({ as, kind, name }: WaitRow): string | undefined => {
  if (as === 'more') return undefined;
  if (kind === 'job' || kind === 'group') return hrefOf('jobs', name);
  if (kind === 'signal') return undefined;
  return kind === 'host' ? hrefOf('hosts', name) : hrefOf('mesh');
};

const spokenOf = ({ as, title, says, isRing }: WaitRow): string => {
  const ring = isRing ? ': a ring, each waits for the other' : '';
  if (as === 'cause') return [title, says].filter(Boolean).join(': ');
  return `${title}${as === 'job' ? ' waits' : ' wait'}${says && ` (${says})`}${ring}`;
};

const Box = ({ row }: { row: WaitRow }) => {
  const width = WIDTH - row.depth * STEP.x;
  const told = row.isRing ? 'a ring: none of them can go on' : row.says;
  return (
    <>
      <rect width={width} height={HEIGHT} rx="8" />
      <rect class="edge-mark" width="4" height={HEIGHT} rx="2" />
      <text x="14" y={told ? 18 : 26}>
        {short(row.title, width - 24)}
      </text>
      {told && (
        <text x="14" y="34" class="dim">
          {short(told, width)}
        </text>
      )}
    </>
  );
};

const Row = ({ row, at }: { row: WaitRow; at: number }) => {
  const href = hrefOfRow(row);
  const state = row.isRing ? 'ring' : row.as === 'cause' ? row.kind : row.as;
  const x = row.depth * STEP.x;
  const shape = `box wait ${state}`;
  return (
    <g transform={`translate(${x},${at * STEP.y})`}>
      {href ? (
        <a href={href} class={shape} aria-label={spokenOf(row)}>
          <title>{spokenOf(row)}</title>
          <Box row={row} />
        </a>
      ) : (
        <g class={shape}>
          <title>{spokenOf(row)}</title>
          <Box row={row} />
        </g>
      )}
    </g>
  );
};

/** From below the box above, down and to the right. */
const Hook = ({ row, at }: { row: WaitRow; at: number }) => {
  if (row.under === undefined) return null;
  const x = (row.depth - 1) * STEP.x + STEP.x / 2;
  const [from, to] = [row.under * STEP.y + HEIGHT, at * STEP.y + HEIGHT / 2];
  return <path class="edge" d={`M${x},${from} V${to} H${x + STEP.x / 2}`} />;
};

const Tree = ({ rows }: { rows: readonly WaitRow[] }) => {
  const [root] = rows;
  const jobs = rows.filter(({ as }) => as === 'job').length;
  const height = (rows.length - 1) * STEP.y + HEIGHT + 2;
  return (
    <li class="card wait-tree">
      <svg width={WIDTH + 2} height={height} viewBox={`-1 -1 ${WIDTH + 2} ${height}`}>
        <title>{`${root?.title}: ${jobs} ${jobs === 1 ? 'job' : 'jobs'} below it`}</title>
        {rows.map((row, at) => (
          <Hook row={row} at={at} key={`h${at}`} />
        ))}
        {rows.map((row, at) => (
          <Row row={row} at={at} key={at} />
        ))}
      </svg>
    </li>
  );
};

/** The trees of the map, those with the most jobs first. */
export const WaitGraph = ({ causes }: { causes: readonly WaitCause[] }) => {
  const trees = waitTrees(causes);
  if (trees.length === 0) return null;
  const left = trees.length - TREES_MAX;
  return (
    <section aria-label="Who waits for whom, drawn">
      <ul class="wait-trees">
        {trees.slice(0, TREES_MAX).map((rows) => (
          <Tree rows={rows} key={`${rows[0]?.kind} ${rows[0]?.name}`} />
        ))}
      </ul>
      {left > 0 && <p class="hint">{left} more are in the list below.</p>}
    </section>
  );
};
