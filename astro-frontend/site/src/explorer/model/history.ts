// What was asked for, and what was kept under a name. Pure; who stores it is another matter.
import { MAX_HISTORY } from '../limits.ts';

export interface Entry {
  /** The link's query. */
  readonly link: string;
  readonly title: string;
}

export interface History {
  /** Newest first. */
  readonly recent: readonly Entry[];
  readonly saved: readonly Entry[];
}

export const NO_HISTORY: History = { recent: [], saved: [] };

/** The same title again moves to the front. */
export function remember(history: History, entry: Entry): History {
  const others = history.recent.filter((it) => it.title !== entry.title);
  return { ...history, recent: [entry, ...others].slice(0, MAX_HISTORY) };
}

export function save(history: History, entry: Entry): History {
  const others = history.saved.filter((it) => it.title !== entry.title);
  return { ...history, saved: [...others, entry].slice(-MAX_HISTORY) };
}

export function forget(history: History, title: string): History {
  return { ...history, saved: history.saved.filter((it) => it.title !== title) };
}

/** What was stored, whoever wrote it. */
export function readHistory(text: string | null): History {
  try {
    const found: unknown = JSON.parse(text ?? '');
    if (typeof found !== 'object' || found === null) return NO_HISTORY;
    return {
      recent: 'recent' in found ? entries(found.recent) : [],
      saved: 'saved' in found ? entries(found.saved) : [],
    };
  } catch {
    return NO_HISTORY;
  }
}

function entries(found: unknown): Entry[] {
  if (!Array.isArray(found)) return [];
  return found.filter(isEntry).map(({ link, title }) => ({ link, title })).slice(0, MAX_HISTORY);
}

function isEntry(found: unknown): found is Entry {
  if (typeof found !== 'object' || found === null || !('link' in found) || !('title' in found)) return false;
  return typeof found.link === 'string' && /^(\?|$)/.test(found.link) && typeof found.title === 'string';
}
