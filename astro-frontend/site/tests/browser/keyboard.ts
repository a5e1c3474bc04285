// A person with a keyboard and nothing else: goes where Tab leads, presses what has the focus.
import type { Page } from 'playwright-core';

/** More than any page of this site has. */
const MOST = 250;

export class Keyboard {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Tabs on until the focus stands on what has this name. */
  async to(name: string | RegExp): Promise<void> {
    for (let presses = 0; presses < MOST; presses++) {
      if (await this.#at(name)) return;
      await this.#page.keyboard.press('Tab');
    }
    throw new Error(`Tab leads to nothing called ${name}`);
  }

  async press(name: string | RegExp): Promise<void> {
    await this.to(name);
    await this.#page.keyboard.press('Enter');
  }

  /** Chooses a tab: Tab leads to the list, arrows lead on. */
  async tab(list: string, name: string): Promise<void> {
    for (let presses = 0; presses < MOST; presses++) {
      const within = await this.#page.evaluate(() => document.activeElement?.closest('[role=tablist]')?.getAttribute('aria-label') ?? '');
      if (within !== list) await this.#page.keyboard.press('Tab');
      else if (await this.#at(new RegExp(`^${name}`))) return;
      else await this.#page.keyboard.press('ArrowRight');
    }
    throw new Error(`no tab ${name}`);
  }

  async type(name: string | RegExp, text: string): Promise<void> {
    await this.to(name);
    await this.#page.keyboard.press('Control+A');
    await this.#page.keyboard.type(text);
  }

  async #at(name: string | RegExp): Promise<boolean> {
    const here = await this.#page.evaluate(() => {
      const element = document.activeElement;
      const labels = element instanceof HTMLInputElement || element instanceof HTMLSelectElement ? [...(element.labels ?? [])] : [];
      return element?.getAttribute('aria-label') ?? (labels.map((label) => label.textContent).join(' ').trim() || element?.textContent?.trim()) ?? '';
    });
    return typeof name === 'string' ? here === name : name.test(here);
  }
}
