/** Makes elements from text only: nothing that a job carries is ever read as markup. */

type Child = Node | string | undefined | false;
type Attributes = Readonly<Record<string, string | number | boolean | undefined | (() => void)>>;

/**
 * Makes an element. An attribute that is a function listens to the event of its name; an attribute
 * that is `false` or `undefined` is left out.
 */
export const h = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Child | readonly Child[])[]
): HTMLElementTagNameMap[K] => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
  for (const child of children.flat()) if (child) element.append(child);
  return element;
};

/**
 * The element of the page with this id.
 *
 * @throws Error when the page has no such element
 */
export const byId = (id: string): HTMLElement => {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
};

/** The text, with each part between backticks as code: something to type. */
export const hinted = (text: string): readonly (string | HTMLElement)[] =>
  text.split('`').map((part, index) => (index % 2 === 1 ? h('code', {}, part) : part));
