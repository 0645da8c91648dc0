/** What each view of the page can do; the keyboard calls these. */

export interface PageView {
  readonly element: HTMLElement;
  /** New data has come, and the page is not paused. */
  refresh(): void;
  /** Moves the selection down by this many rows; up when negative. */
  move?(by: number): void;
  /** Opens the selected row. */
  open?(): void;
  /** 1 shows the next page, -1 the page before. */
  turn?(by: number): void;
  focusFilter?(): void;
}

/** A selection among rows, moved with the keyboard. */
export const createSelection = (rows: () => readonly HTMLElement[]) => {
  let selected = -1;
  const show = (): void => {
    rows().forEach((row, index) => {
      row.setAttribute('aria-selected', String(index === selected));
    });
  };
  return {
    show,
    reset: (): void => {
      selected = -1;
      show();
    },
    move: (by: number): void => {
      selected = Math.max(0, Math.min(rows().length - 1, selected + by));
      show();
      rows()[selected]?.scrollIntoView({ block: 'nearest' });
    },
    open: (): void => rows()[selected]?.click(),
  };
};
