// The history and what was saved, in this browser alone.
import { forget, type History, NO_HISTORY, readHistory, remember, save } from '../model/history.ts';
import { describe } from '../model/step.ts';
import type { Explorer } from './explorer.svelte.ts';

const KEY = 'throughline.explorer.history';

export class Journal {
  history = $state.raw<History>(NO_HISTORY);

  load(): void {
    try {
      this.history = readHistory(localStorage.getItem(KEY));
    } catch {
      // A browser that keeps nothing: the history ends with the page.
    }
  }

  /** Notes where somebody has come to. */
  note(explorer: Explorer, link: string): void {
    const step = explorer.steps.at(-1);
    if (step && link) this.#keep(remember(this.history, { link, title: describe(step) }));
  }

  save(title: string, link: string): void {
    this.#keep(save(this.history, { link, title }));
  }

  forget(title: string): void {
    this.#keep(forget(this.history, title));
  }

  empty(): void {
    this.#keep({ ...this.history, recent: [] });
  }

  #keep(history: History): void {
    this.history = history;
    try {
      localStorage.setItem(KEY, JSON.stringify(history));
    } catch {
      // As above.
    }
  }
}
