// What a link carries: all that it takes to see the same again. Reads any query, and says what it could not read.
import { DEFAULT_CAP, MAX_STEPS, MAX_URL } from '../limits.ts';
import { type Condition, readCondition, writeCondition } from './filter.ts';
import { type Step, readStep, writeStep } from './step.ts';

export const TABS = ['nodes', 'node', 'json', 'schema'] as const;
export type Tab = (typeof TABS)[number];

export const TOOLS = ['search', 'path', 'filter', 'history', 'import'] as const;
export type Tool = (typeof TOOLS)[number];

/** How the list of nodes is sorted. */
export const ORDERS = ['shown', 'name', 'type', 'edges'] as const;
export type Order = (typeof ORDERS)[number];

export interface LinkState {
  /** What was typed into the search. */
  readonly query: string;
  /** How what is shown came to be shown, in order. */
  readonly steps: readonly Step[];
  /** The id of the chosen node. */
  readonly node: string;
  readonly tab: Tab;
  readonly tool: Tool;
  readonly order: Order;
  /** Types that are not shown. */
  readonly hidden: readonly string[];
  readonly condition?: Condition | undefined;
}

export const EMPTY: LinkState = { query: '', steps: [], node: '', tab: 'nodes', tool: 'search', order: 'shown', hidden: [] };

const VERSION = '1';

export interface Read {
  readonly state: LinkState;
  /** What could not be read, each a sentence. */
  readonly problems: readonly string[];
}

export function readLink(search: string): Read {
  if (search.length > MAX_URL) {
    return { state: EMPTY, problems: [`It is longer than ${MAX_URL} characters, so none of it was read.`] };
  }
  const params = new URLSearchParams(search);
  const problems: string[] = [];
  const version = params.get('v') ?? VERSION;
  if (version !== VERSION) problems.push(`It is of version ${clip(version)}; this page reads version ${VERSION}.`);
  for (const name of new Set(params.keys())) {
    if (!KNOWN.has(name)) problems.push(`This page knows no “${clip(name)}”.`);
  }
  const steps: Step[] = [];
  for (const text of params.getAll('s').slice(0, MAX_STEPS)) {
    const step = readStep(text);
    if (step) steps.push(step);
    else problems.push(`The step “${clip(text)}” cannot be read.`);
  }
  if (params.getAll('s').length > MAX_STEPS) problems.push(`Only its first ${MAX_STEPS} steps were taken.`);
  // The short form, for a link that somebody writes by hand.
  const start = params.get('start');
  if (start) steps.push({ kind: 'walk', from: start, depth: 1, way: 'both', edgeTypes: [], cap: DEFAULT_CAP });
  const where = params.get('where');
  const condition = where === null ? undefined : readCondition(where);
  if (where !== null && !condition) problems.push(`The filter “${clip(where)}” cannot be read.`);
  const one = <T extends string>(name: string, all: readonly T[], otherwise: T): T => {
    const value = params.get(name);
    const known = all.find((it) => it === value);
    if (value !== null && !known) problems.push(`There is no ${name} “${clip(value)}”.`);
    return known ?? otherwise;
  };
  const node = params.get('node') ?? start ?? '';
  const state: LinkState = {
    query: params.get('q') ?? '',
    steps,
    node,
    tab: one('tab', TABS, usualTab(node)),
    tool: one('tool', TOOLS, EMPTY.tool),
    order: one('order', ORDERS, EMPTY.order),
    hidden: params.getAll('hide'),
    condition,
  };
  return { state, problems };
}

const KNOWN = new Set(['v', 'q', 's', 'node', 'tab', 'tool', 'order', 'hide', 'where', 'start']);

/** The query of a link; nothing where there is nothing to carry. A link that would be too long loses its first steps. */
export function writeLink(state: LinkState): string {
  for (let from = Math.max(0, state.steps.length - MAX_STEPS); ; from++) {
    const link = write(state, from);
    if (link.length <= MAX_URL || from >= state.steps.length) return link.length <= MAX_URL ? link : '';
  }
}

function write(state: LinkState, from: number): string {
  const params = new URLSearchParams();
  if (state.query) params.append('q', state.query);
  for (const step of state.steps.slice(from)) params.append('s', writeStep(step));
  for (const type of state.hidden) params.append('hide', type);
  if (state.condition) params.append('where', writeCondition(state.condition));
  if (state.node) params.append('node', state.node);
  if (state.tab !== usualTab(state.node)) params.append('tab', state.tab);
  if (state.tool !== EMPTY.tool) params.append('tool', state.tool);
  if (state.order !== EMPTY.order) params.append('order', state.order);
  if (params.size === 0) return '';
  params.append('v', VERSION);
  return `?${params}`;
}

/** Who chose a node looks at it. */
function usualTab(node: string): Tab {
  return node ? 'node' : EMPTY.tab;
}

function clip(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
